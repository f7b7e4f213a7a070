/**
 * Codex by `codex exec --json`, for versions without the app server: one process a prompt. Nothing is asked for there, so the
 * sandbox alone decides what a command may do; a message while a turn runs is lost, and said to be.
 */
import type { Json } from "#ir"
import { departure, failed, fieldsOf, makeTimers, makeTurnKeeper, readMessages, startProcess, textOf } from "#sdk"
import type { AgentProcess, DriverHandle, Fields, Frame, TurnKeeper, Usage } from "#sdk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { stallMs } from "./app-server.ts"
import { costOf, programOf, sandboxOf, tokensOf, type CodexContext } from "./config.ts"
import { retryEvent, textFailure } from "./failures.ts"
import { toolItem } from "./items.ts"

/** The prompt comes on the standard input (`-`). */
export const execCommand = (context: CodexContext, thread: string | undefined): ReadonlyArray<string> => [
  ...programOf(context),
  ...["exec", "--json", "--skip-git-repo-check", "--sandbox", sandboxOf(context)],
  ...(context.model === undefined ? [] : ["--model", context.model]),
  ...(context.systemPrompt === undefined ? [] : ["-c", `developer_instructions=${JSON.stringify(context.systemPrompt)}`]),
  ...(thread === undefined ? [] : ["resume", thread]),
  "-",
]

const usageOf = (usage: Json | undefined, { config }: CodexContext): Usage => {
  const tokens = tokensOf(usage)
  return { mode: "cumulative", tokens: tokens.input + tokens.output, ...(config.price === undefined ? {} : { usd: costOf(tokens, config.price) }) }
}

/** What a frame means for the turn; the id of a thread that is named. */
const take = (keeper: TurnKeeper, frame: Fields, context: CodexContext): string | undefined => {
  const item = fieldsOf(frame["item"])
  const call = toolItem(item)
  switch (frame["type"]) {
    case "thread.started":
      return textOf(frame["thread_id"])
    case "item.started":
      if (call !== undefined) keeper.toolStarted(call.call, call.tool, call.input)
      return undefined
    case "item.completed":
      if (call !== undefined) keeper.toolEnded(call.call, call.isError)
      else if (item["type"] === "reasoning") keeper.emit({ kind: "cap.thought", text: textOf(item["text"]) })
      else if (item["type"] === "agent_message") {
        keeper.paragraph()
        keeper.say(textOf(item["text"]))
      }
      return undefined
    case "error":
      keeper.emit(retryEvent(textFailure(textOf(frame["message"]))))
      return undefined
    case "turn.completed":
      keeper.end({ stop: "end_turn" }, { usage: usageOf(frame["usage"], context) })
      return undefined
    case "turn.failed":
      keeper.end({ error: textFailure(textOf(fieldsOf(frame["error"])["message"])) })
      return undefined
    default:
      return undefined
  }
}

export const openExec = (context: CodexContext): Effect.Effect<DriverHandle, never, Scope.Scope> =>
  Effect.gen(function* () {
    let thread = context.resume
    let running: AgentProcess | undefined
    let reading = Promise.resolve()
    const stop = async (): Promise<void> => {
      await running?.stop()
      await reading
    }
    const timers = yield* makeTimers
    const keeper = makeTurnKeeper({
      name: "codex",
      stallMs: context.config.stall_timeout ?? stallMs,
      timers,
      // It has no other way to be interrupted.
      interrupt: () => void stop(),
      abandon: () => void stop(),
    })
    yield* Effect.addFinalizer(() => Effect.promise(stop))

    const read = async (agent: AgentProcess): Promise<void> => {
      for await (const message of readMessages(agent.lines)) {
        // After garbage there is only the end to wait for.
        if (!keeper.running()) continue
        keeper.touch()
        if (message.type === "garbage") {
          keeper.end({ error: failed("driver_error", `codex wrote ${message.problem}`) })
          void agent.stop()
          continue
        }
        const named = take(keeper, message.frame, context)
        if (named !== undefined && named !== "" && named !== thread) keeper.handle((thread = named))
        const room = keeper.room()
        if (room !== undefined) await room
      }
      keeper.end({ error: await departure("codex", agent) })
    }
    const prompt = async ({ text, instructions }: Extract<Frame, { readonly type: "prompt" }>): Promise<void> => {
      await stop()
      keeper.begin()
      try {
        running = await startProcess({ command: execCommand(context, thread), directory: context.directory, env: context.env, confine: context.confine })
      } catch (error) {
        return keeper.end({ error: failed("driver_error", `codex did not start: ${error instanceof Error ? error.message : String(error)}`) })
      }
      running.write(instructions === undefined ? text : `${text}\n\n${instructions}`)
      running.endInput()
      reading = read(running)
    }
    return {
      events: keeper.events,
      close: async () => {
        keeper.cancel()
        await stop()
        keeper.finish(failed("agent_exited", "codex was stopped"))
      },
      send: (frame) => {
        if (frame.type === "prompt") return prompt(frame)
        if (frame.type === "cancel") return keeper.cancel()
        if (frame.type === "message") keeper.emit({ kind: "codex.message_lost", text: frame.text, error: "codex exec takes no message while it works" })
      },
    }
  })
