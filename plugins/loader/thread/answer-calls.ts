/** A plugin's hooks, called in its thread. */
import type { Boundary, DynamicView, Plugin, PolicyContext, PolicyPayload, RoutingRequest, RoutingView, SessionView, SinkContext, SinkEvent } from "#sdk"
import { makeConversations } from "./conversations.ts"
import { makePlaces } from "./places.ts"
import type { Call } from "./protocol.ts"
import { settleAnswer } from "./settle-answer.ts"
import type { Want } from "./wanted.ts"

/** A routing request as it is asked: what is looked at of the run is fetched when it is. */
export type ToldRequest = Omit<RoutingRequest<unknown>, "view" | "signal"> & Pick<RoutingView, "run" | "task">

const viewOf = (id: number, { run, task }: ToldRequest, want: Want): RoutingView => {
  let all: ReadonlyArray<SessionView> | undefined
  return {
    run,
    ...(task === undefined ? {} : { task }),
    get sessions() {
      return (all ??= want(id, "sessions", []) as ReadonlyArray<SessionView>)
    },
    get dynamic() {
      return want(id, "dynamic", []) as ReadonlyArray<DynamicView>
    },
    session: (name) => want(id, "session", [name]) as SessionView,
  }
}

/** `signal`: nobody waits any more. `unwanted`: the signal that the hook is given. */
export type AnswerCall = (call: Call, signal: AbortSignal, unwanted: AbortSignal) => Promise<unknown>

export const makeAnswers = (plugin: Plugin, want: Want): AnswerCall => {
  const { driver, workspace, policy, routing, sink } = plugin
  const agents = driver === undefined ? undefined : makeConversations(driver, want)
  const places = workspace === undefined ? undefined : makePlaces(workspace)
  const settled = async (answer: unknown, signal: AbortSignal): Promise<unknown> => {
    const { value, letGo } = await settleAnswer(answer, signal)
    await letGo()
    return value
  }
  return async (call, signal, unwanted) => {
    const { id, hook, args } = call
    switch (hook) {
      case "routing.decide": {
        const { run: _run, task: _task, ...request } = args[0] as ToldRequest
        return settled(routing?.decide({ ...request, view: viewOf(id, args[0] as ToldRequest, want), signal: unwanted }), signal)
      }
      case "policy.decide":
        return settled(policy?.decide(args[0] as Boundary, args[1] as PolicyPayload, args[2] as PolicyContext<unknown>), signal)
      case "sink.write":
        return settled(sink?.write(args[0] as SinkEvent, args[1] as SinkContext<unknown>), signal)
      case "sink.close":
        return settled(sink?.close?.(args[0] as SinkContext<unknown>), signal)
      case "workspace.check":
        return places?.check(call, signal)
      case "workspace.acquire":
        return places?.acquire(call, signal, args[1] === true ? unwanted : undefined)
      case "driver.open":
        return agents?.open(call, signal)
      default:
        return hook.startsWith("place.") ? places?.ask(call, signal) : agents?.ask(call, signal)
    }
  }
}
