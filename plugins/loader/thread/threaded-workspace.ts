/** A workspace provider in a thread. */
import { killMarked, type Workspace, type WorkspaceProvider } from "#sdk"
import type { Life } from "./life.ts"
import { ThreadGone, type PluginThread } from "./plugin-thread.ts"
import type { PlaceHook, ToldPlace, ToldPlugin } from "./protocol.ts"
import { threadedConfig } from "./threaded-config.ts"

type Told = NonNullable<ToldPlugin["workspace"]>

export const threadedWorkspace = (thread: PluginThread, { config, isolated, checks }: Told): WorkspaceProvider => ({
  ...threadedConfig(thread, "workspace", config),
  isolated,
  ...(checks ? { check: (site) => thread.promise<void>({ hook: "workspace.check", args: [site], what: "check" }) } : {}),
  acquire: async ({ signal, ...request }) => {
    const { session, env } = request
    let made: { readonly id: number; readonly life: Life } | undefined
    try {
      const told = await thread.promise<ToldPlace | undefined>({
        hook: "workspace.acquire",
        args: [request, signal !== undefined],
        what: `acquire for session "${session}"`,
        signal,
        made: (id, life) => {
          made = { id, life }
        },
      })
      return placeOf(thread, session, told, made)
    } catch (error) {
      // what makes a place ready goes with who had started it
      if (env !== undefined && error instanceof ThreadGone) await killMarked(env)
      throw error
    }
  },
})

/** Undefined as `acquire` gave it: whoever asked says that this is no workspace. */
const placeOf = (
  thread: PluginThread,
  session: string,
  told: ToldPlace | undefined,
  made: { readonly id: number; readonly life: Life } | undefined,
): Workspace => {
  if (told === undefined || made === undefined) return undefined as never
  const ask =
    (hook: PlaceHook) =>
    (...args: ReadonlyArray<unknown>): Promise<never> =>
      thread.promise({ hook: `place.${hook}`, of: made.id, life: made.life, args, what: `${hook} for session "${session}"` })
  const { path, branch, has } = told
  return { path, ...(branch === undefined ? {} : { branch }), ...Object.fromEntries(has.map((hook) => [hook, ask(hook)])) } as unknown as Workspace
}
