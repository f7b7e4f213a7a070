/** The driver that runs a command for each prompt: the prompt on its input and in `FLEET_PROMPT`, its output the answer. */
import { argvField, defineDriver, failed, makeOutbox, singleField, startProcess } from "#sdk"
import type { AgentProcess, DriverContext, DriverEvent, DriverFailure, DriverHandle, Exit, Frame } from "#sdk"

type Prompt = Extract<Frame, { readonly type: "prompt" }>

const lastLines = (text: string): string => text.split("\n").slice(-5).join("\n")

const failureOf = (program: string, { code, signal }: Exit, complaints: string): DriverFailure | undefined => {
  if (code === 0) return undefined
  const said = complaints === "" ? "" : `: ${lastLines(complaints)}`
  return signal === null ? failed("driver_error", `${program} exited with ${code}${said}`) : failed("agent_exited", `${program} was killed by ${signal}${said}`)
}

/** What went wrong when a program does not start, with the way out. */
const notStarted = (program: string, error: unknown): DriverFailure =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? failed("driver_error", `${program} is not installed: put it on PATH, or write its path in \`command\``)
    : failed("driver_error", `${program} did not start: ${error instanceof Error ? error.message : String(error)}`)

const openShell = (context: DriverContext<ReadonlyArray<string>>): DriverHandle => {
  const out = makeOutbox<DriverEvent>()
  const program = context.config[0] ?? ""
  let running: { cancelled: boolean; process?: AgentProcess } | undefined
  let closed = false
  let last: AgentProcess | undefined
  let playing = Promise.resolve()

  const play = async (frame: Prompt, turn: { cancelled: boolean; process?: AgentProcess }): Promise<void> => {
    const said: Array<string> = []
    const end = await (async (): Promise<DriverFailure | undefined> => {
      try {
        const env = { ...context.env, FLEET_PROMPT: frame.text }
        turn.process = await startProcess({ command: context.config, directory: context.directory, env, emptyLines: true, confine: context.confine })
        last = turn.process
      } catch (error) {
        return notStarted(program, error)
      }
      if (turn.cancelled) await turn.process.stop()
      turn.process.write(frame.text)
      turn.process.endInput()
      let garbage: DriverFailure | undefined
      for await (const line of turn.process.lines) {
        if (line.ok) {
          said.push(line.text)
          out.push({ type: "agent", event: { kind: "cap.text_chunk", text: `${line.text}\n`, channel: "assistant" } })
        } else garbage ??= failed("driver_error", `${program} wrote ${line.problem}`)
      }
      const lost = failureOf(program, await turn.process.exited, turn.process.complaints())
      return lost ?? garbage
    })()
    running = undefined
    // a shell takes the output of a command in the same way
    while (said.at(-1) === "") said.pop()
    const text = said.join("\n")
    if (turn.cancelled) out.push({ type: "turn.ended", end: { stop: "cancelled" }, text })
    else out.push({ type: "turn.ended", end: end === undefined ? { stop: "end_turn" } : { error: end }, text })
  }

  const stop = async (): Promise<void> => {
    if (running === undefined) return
    running.cancelled = true
    await running.process?.stop()
  }
  return {
    events: out,
    send: (frame) => {
      if (frame.type === "cancel") return stop()
      if (frame.type !== "prompt" || closed) return
      running = { cancelled: false }
      playing = play(frame, running)
    },
    close: async () => {
      closed = true
      await stop()
      await playing
      // A command that ended well may have left something running.
      await last?.stop()
      out.end()
    },
  }
}

export const shell = defineDriver({
  config: singleField("command", argvField),
  capabilities: { cancelTurn: true, sandbox: true },
  open: async (context: DriverContext<ReadonlyArray<string>>) => openShell(context),
})
