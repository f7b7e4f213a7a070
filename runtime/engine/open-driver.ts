/** A session's driver comes up and goes: whether policies let it, what its agent gets from the environment, the opening and the closing themselves. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Session } from "#ir"
import type { DriverHandle, ToolGate, Workspace } from "#sdk"
import type { Failure } from "../machine/protocol.ts"
import { agentEnvironment } from "../platform/agent-environment.ts"
import { confineWithBwrap } from "../platform/bwrap.ts"
import { openNetGate, type NetGate } from "../platform/net-gate.ts"
import type { Judgement } from "../policy/judge.ts"
import { atMost } from "./bounded.ts"
import type { Blame } from "./failure.ts"
import { settle, settleIn, type Resolved } from "./plugin-calls.ts"
import type { AnyDriver } from "./run.ts"
import type { SessionHost } from "./session-host.ts"

/** What policies say of the start of a session; undefined when none of them looks at it. */
export const judgeStart = (host: SessionHost, session: string, declared: Session, asks: boolean): Effect.Effect<Judgement | undefined> => {
  if (!host.police.looks("spawn", declared.id)) return Effect.succeed(undefined)
  const { model, permissions, effect } = declared
  const about = {
    session,
    driver: declared.driver.use,
    permissions,
    workspace: declared.workspace.use,
    effect,
    asks,
    ...(model === undefined ? {} : { model }),
  }
  return host.police.ask("spawn", about, { session, declared: declared.id })
}

export interface AgentEnvironment {
  readonly [name: string]: string
}

export const environmentOf = (host: SessionHost, session: string, { env }: Session): AgentEnvironment => ({
  ...("TRACEPARENT" in env ? {} : host.trace(session)),
  ...agentEnvironment(host.env, env, { run: host.run, session, epoch: host.epoch }, host.reserved),
})

export interface Opening {
  readonly run: string
  readonly session: string
  readonly declared: Session
  readonly driver: Resolved<AnyDriver>
  readonly env: AgentEnvironment
  readonly workspace: Pick<Workspace, "path" | "branch">
  readonly tools: ToolGate
  /** The name of a conversation to go on with. */
  readonly resume: string | undefined
  readonly blame: Blame
  /** Where the driver's own Effects hold what they hold; asked for when there are any. */
  readonly scope: () => Scope.Scope
  /** Gets one that comes when nobody waits for it any more. */
  readonly late: (handle: DriverHandle) => void
}

export const openDriver = ({
  run,
  session,
  declared,
  driver,
  env,
  workspace,
  tools,
  resume,
  blame,
  scope,
  late,
}: Opening): Effect.Effect<DriverHandle, Failure> => {
  const { model, systemPrompt, maxTurns, permissions, sandbox } = declared
  // The compiler has said so before; IR from elsewhere has not been through it.
  if (sandbox !== undefined && driver.plugin.capabilities.sandbox !== true)
    return Effect.fail<Failure>({ kind: "capability_denied", message: `driver "${declared.driver.use}" cannot confine its agent` })
  const open = (gate: string | undefined) =>
    settleIn(
      scope,
      () =>
        driver.plugin.open({
          run,
          session,
          config: driver.config,
          directory: workspace.path,
          permissions,
          env,
          tools,
          ...(sandbox === undefined ? {} : { confine: confineWithBwrap({ sandbox, env, workspace: workspace.path, branch: workspace.branch, gate }) }),
          ...(model === undefined ? {} : { model }),
          ...(systemPrompt === undefined ? {} : { systemPrompt }),
          ...(maxTurns === undefined ? {} : { maxTurns }),
          ...(resume === undefined ? {} : { resume }),
        }),
      blame,
      late,
    )
  if (sandbox === undefined || typeof sandbox.net === "boolean") return open(undefined)
  return Effect.flatMap(Scope.provide(gateTo(sandbox.net), scope()), ({ folder }) => open(folder))
}

/** Stays open as long as the session. */
const gateTo = (hosts: ReadonlyArray<string>): Effect.Effect<NetGate, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => openNetGate(hosts),
      catch: (error): Failure => ({
        kind: "driver_error",
        message: `the way out of the sandbox cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      }),
    }),
    ({ close }) => Effect.promise(close),
  )

/** An agent gets this long to stop by itself; the same again is for what the driver does to one that does not. */
const graceMs = 5000

/** Asks a driver to go and waits for that, but not for ever. What it does wrong on the way out is nobody's. */
export const closeDriver = (handle: DriverHandle): Effect.Effect<void> => {
  let answer: ReturnType<DriverHandle["close"]>
  try {
    answer = handle.close()
  } catch {
    return Effect.void
  }
  return answer === undefined ? Effect.void : atMost(Effect.scoped(settle<void>(() => answer, "driver_error")), 2 * graceMs)
}
