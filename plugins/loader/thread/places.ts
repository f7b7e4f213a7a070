/** What a workspace provider's `acquire` made, kept in its thread for those who work with it from the engine's. */
import type { Workspace, WorkspaceProvider, WorkspaceRequest, WorkspaceSite } from "#sdk"
import { configured } from "./configured.ts"
import type { Call, PlaceHook, ToldPlace } from "./protocol.ts"
import { settleAnswer, type Held } from "./settle-answer.ts"

interface Place {
  readonly workspace: Workspace
  readonly letGo: Held["letGo"]
}

const hooks: ReadonlyArray<PlaceHook> = ["snapshot", "diff", "update", "conflicts", "current", "release"]

export interface Places {
  readonly check: (call: Call, signal: AbortSignal) => Promise<void>
  /** `unwanted`: the signal that the provider is given. */
  readonly acquire: (call: Call, signal: AbortSignal, unwanted: AbortSignal | undefined) => Promise<ToldPlace | undefined>
  readonly ask: (call: Call, signal: AbortSignal) => Promise<unknown>
}

export const makePlaces = (provider: WorkspaceProvider): Places => {
  const places = new Map<number, Place>()
  const hookOf = (workspace: Workspace, hook: PlaceHook): ((...args: ReadonlyArray<never>) => unknown) | undefined => {
    const found: unknown = workspace[hook]
    return typeof found === "function" ? (...args) => Reflect.apply(found, workspace, args) : undefined
  }
  const release = async (id: number, { workspace, letGo }: Place, signal: AbortSignal): Promise<unknown> => {
    try {
      return (await settleAnswer(hookOf(workspace, "release")?.(), signal)).value
    } finally {
      places.delete(id)
      await letGo()
    }
  }
  return {
    check: async ({ args: [site] }, signal) => {
      const asked = site as WorkspaceSite<unknown>
      await settleAnswer(provider.check?.({ ...asked, config: configured(provider.config, asked.config, "workspace_error") }), signal)
    },
    acquire: async ({ id, args: [request] }, signal, unwanted) => {
      const asked = request as WorkspaceRequest<unknown>
      const config = configured(provider.config, asked.config, "workspace_error")
      const { value, letGo } = await settleAnswer(provider.acquire({ ...asked, config, ...(unwanted === undefined ? {} : { signal: unwanted }) }), signal)
      if (typeof value !== "object" || value === null) {
        await letGo()
        return undefined
      }
      const workspace = value as Workspace
      const place = { workspace, letGo }
      places.set(id, place)
      // nobody is there any more who would give it back
      if (signal.aborted) await release(id, place, AbortSignal.timeout(600_000))
      return { path: workspace.path, branch: workspace.branch, has: hooks.filter((hook) => hookOf(workspace, hook) !== undefined) }
    },
    ask: async ({ hook, of = 0, args }, signal) => {
      const place = places.get(of)
      if (place === undefined) throw new Error("the place is not held any more")
      const name = hooks.find((one) => hook === `place.${one}`)
      if (name === "release") return release(of, place, signal)
      return (await settleAnswer(name === undefined ? undefined : hookOf(place.workspace, name)?.(...(args as ReadonlyArray<never>)), signal)).value
    },
  }
}
