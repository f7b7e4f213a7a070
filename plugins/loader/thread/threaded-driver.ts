/** A driver in a thread. */
import process from "node:process"
import { killMarked, markedLike, type Driver, type DriverEvent, type DriverHandle } from "#sdk"
import type { ToldContext } from "./conversations.ts"
import type { Functions, Life } from "./life.ts"
import { ThreadGone, type PluginThread } from "./plugin-thread.ts"
import type { ToldAgent, ToldPlugin } from "./protocol.ts"
import { threadedConfig } from "./threaded-config.ts"

type Told = NonNullable<ToldPlugin["driver"]>
type Environment = { readonly [name: string]: string }

/** Of the agents that drivers in threads have started: when this process ends, nobody in those threads hears of it. */
const environments = new Set<Environment>()

const killAll = (): void => {
  for (const env of environments) {
    for (const pid of markedLike(env)) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It has gone in the meantime, which is what was wanted.
      }
    }
  }
}

const remember = (env: Environment): void => {
  if (environments.size === 0) process.on("exit", killAll)
  environments.add(env)
}

const forget = (env: Environment): void => {
  if (environments.delete(env) && environments.size === 0) process.off("exit", killAll)
}

export const threadedDriver = (thread: PluginThread, { config, capabilities }: Told): Driver => ({
  ...threadedConfig(thread, "driver", config),
  capabilities,
  open: async ({ tools, confine, ...context }) => {
    const { session, env } = context
    const told: ToldContext = { ...context, tools: tools !== undefined, confine: confine !== undefined }
    const functions: Functions = { ...(tools === undefined ? {} : { ...tools }), ...(confine === undefined ? {} : { confine }) }
    let made: { readonly id: number; readonly life: Life } | undefined
    remember(env)
    try {
      const agent = await thread.promise<ToldAgent>({
        hook: "driver.open",
        args: [told],
        what: `open for session "${session}"`,
        functions,
        made: (id, life) => {
          made = { id, life }
        },
      })
      if (made === undefined) throw new Error("the driver was opened nowhere")
      return handleOf(thread, session, env, made, agent)
    } catch (error) {
      if (error instanceof ThreadGone) await killMarked(env)
      forget(env)
      throw error
    }
  },
})

const handleOf = (
  thread: PluginThread,
  session: string,
  env: Environment,
  { id, life }: { readonly id: number; readonly life: Life },
  { capabilities }: ToldAgent,
): DriverHandle => {
  const ask = <A>(hook: "send" | "next" | "return" | "close", ...args: ReadonlyArray<unknown>): Promise<A> =>
    thread.promise<A>({ hook: `agent.${hook}`, of: id, life, args, what: `${hook === "next" ? "events" : hook} of session "${session}"` })
  return {
    ...(capabilities === undefined ? {} : { capabilities }),
    send: (frame) => ask<void>("send", frame),
    events: {
      [Symbol.asyncIterator]: () => ({
        next: () => ask<IteratorResult<DriverEvent>>("next"),
        return: async () => {
          await ask<void>("return")
          return { done: true, value: undefined }
        },
      }),
    },
    close: async () => {
      try {
        await ask<void>("close")
      } catch (error) {
        // what it had started nobody else stops
        if (!(error instanceof ThreadGone)) throw error
        await killMarked(env)
      } finally {
        life.forget(id)
        forget(env)
      }
    },
  }
}
