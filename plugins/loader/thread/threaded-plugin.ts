/** A plugin in a thread, with the hooks that the engine calls. */
import type { Plugin, PolicyPack, Routing, Sink } from "#sdk"
import type { ToldRequest } from "./answer-calls.ts"
import type { PluginThread } from "./plugin-thread.ts"
import type { ToldPlugin } from "./protocol.ts"
import { threadedConfig } from "./threaded-config.ts"
import { threadedDriver } from "./threaded-driver.ts"
import { threadedWorkspace } from "./threaded-workspace.ts"

/** Of policies and routers when they name none, as the engine has it. */
const defaults = { policy: 5000, routing: 60_000, sink: 10_000 }

const about = (session: string | undefined): string => (session === undefined || session === "" ? "" : ` for session "${session}"`)

const threadedRouting = (thread: PluginThread, { config, timeoutMs }: NonNullable<ToldPlugin["routing"]>): Routing => ({
  ...threadedConfig(thread, "routing", config),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  decide: ({ view, signal, ...request }) => {
    const { run, task } = view
    const told: ToldRequest = { ...request, run, ...(task === undefined ? {} : { task }) }
    return thread.ask({
      hook: "routing.decide",
      args: [told],
      what: `decide${about(request.session)}`,
      functions: { sessions: () => view.sessions, dynamic: () => view.dynamic, session: (id: string) => view.session(id) },
      signal,
      limitMs: timeoutMs ?? defaults.routing,
    })
  },
})

const threadedPolicy = (thread: PluginThread, { config, timeoutMs, boundaries }: NonNullable<ToldPlugin["policy"]>): PolicyPack => ({
  ...threadedConfig(thread, "policy", config),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  boundaries,
  decide: (boundary, payload, context) =>
    thread.ask({
      hook: "policy.decide",
      args: [boundary, payload, context],
      what: `decide at ${boundary}${about(context.session)}`,
      limitMs: timeoutMs ?? defaults.policy,
    }),
})

const threadedSink = (thread: PluginThread, { config, closes }: NonNullable<ToldPlugin["sink"]>): Sink => ({
  ...threadedConfig(thread, "sink", config),
  write: (event, context) => thread.ask({ hook: "sink.write", args: [event, context], what: `write of ${event.type}`, limitMs: defaults.sink }),
  ...(closes ? { close: (context) => thread.ask({ hook: "sink.close", args: [context], what: "close", limitMs: defaults.sink }) } : {}),
})

export const threadedPlugin = (thread: PluginThread, told: ToldPlugin): Plugin => {
  const { name, version, access, driver, workspace, policy, routing, sink } = told
  return {
    name,
    version,
    api: 1,
    ...(access === undefined ? {} : { access }),
    ...(driver === undefined ? {} : { driver: threadedDriver(thread, driver) }),
    ...(workspace === undefined ? {} : { workspace: threadedWorkspace(thread, workspace) }),
    ...(policy === undefined ? {} : { policy: threadedPolicy(thread, policy) }),
    ...(routing === undefined ? {} : { routing: threadedRouting(thread, routing) }),
    ...(sink === undefined ? {} : { sink: threadedSink(thread, sink) }),
  }
}
