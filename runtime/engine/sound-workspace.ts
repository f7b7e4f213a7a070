/** A workspace that a plugin made, held against its contract: what it says of paths, branches and files goes into the journal. */
import type { Snapshot, Workspace } from "#sdk"
import { failure, type FleetFailure } from "#sdk"

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""
const isTextOrNone = (value: unknown): value is string | undefined => value === undefined || isText(value)

/** How one hook of a workspace is called: within its time, and what it throws said with its name. */
export type CallHook = <A>(hook: keyof Workspace, work: () => Promise<A>) => Promise<A>

/** Throws a `workspace_error` that names the provider, now or when the workspace says what it must not. */
export const soundWorkspace = (made: Workspace, use: string, call: CallHook): Workspace => {
  const wrong = (what: string): FleetFailure => failure("workspace_error", `workspace \`${use}\`: ${what}`)
  if (typeof made !== "object" || made === null) throw wrong("it made no workspace")
  const { path, branch } = made
  if (!isText(path)) throw wrong("its workspace has no path")
  if (!isTextOrNone(branch)) throw wrong("the branch of its workspace is no text")
  for (const hook of ["snapshot", "diff", "release"] as const) if (typeof made[hook] !== "function") throw wrong(`its workspace has no ${hook}`)
  const files = (said: unknown, hook: string): ReadonlyArray<string> => {
    if (!Array.isArray(said)) throw wrong(`${hook} gave no list of files`)
    return said.map((file) => {
      if (!isText(file)) throw wrong(`${hook} gave something that is no file`)
      return file
    })
  }
  const snapshot = (taken: Snapshot | undefined | null): Snapshot | undefined => {
    if (taken === undefined || taken === null) return undefined
    const { branch: to, commit } = taken
    if (!isText(to) || !isText(commit)) throw wrong("snapshot gave no branch with a commit")
    return { branch: to, commit }
  }
  return {
    path,
    ...(branch === undefined ? {} : { branch }),
    snapshot: async (message) => snapshot(await call("snapshot", () => made.snapshot(message))),
    diff: () => call("diff", () => made.diff()),
    ...(made.update === undefined
      ? {}
      : {
          update: async (from) => {
            const said = await call("update", async () => made.update?.(from))
            return { conflicts: files(said?.conflicts, "update"), unchanged: said?.unchanged === true }
          },
        }),
    ...(made.conflicts === undefined
      ? {}
      : { conflicts: async (...pair) => files(await call("conflicts", async () => made.conflicts?.(...pair)), "conflicts") }),
    ...(made.current === undefined
      ? {}
      : {
          current: async () => {
            const now = await call("current", async () => made.current?.())
            if (!isTextOrNone(now)) throw wrong("current gave no name")
            return now
          },
        }),
    release: async () => {
      const left = await call("release", () => made.release())
      const kept: unknown = left?.kept
      if (kept !== undefined) return { kept: isText(kept) ? kept : "the workspace plugin did not say why" }
      return left?.gone === undefined ? {} : { gone: files(left.gone, "release") }
    },
  }
}
