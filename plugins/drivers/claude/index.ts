/** Claude Code over its stream-json protocol: one process is one conversation. */
import type { Json } from "#ir"
import { failed, failure, makeOutbox, startProcess } from "#sdk"
import type { AgentProcess, Driver, DriverContext, DriverEvent, DriverHandle, Line } from "#sdk"
import { fieldsOf, readFrame, type Fields, type Meaning } from "./frames.ts"

/** The arguments for a conversation; none of them goes through a shell. */
export const argumentsOf = (context: DriverContext<unknown>): ReadonlyArray<string> => [
  ...["-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose", "--permission-prompt-tool", "stdio"],
  ...(context.model === undefined ? [] : ["--model", context.model]),
  ...(context.maxTurns === undefined ? [] : ["--max-turns", String(context.maxTurns)]),
  ...(context.systemPrompt === undefined ? [] : ["--append-system-prompt", context.systemPrompt]),
  ...(context.resume === undefined ? [] : ["--resume", context.resume]),
  ...(context.permissions === "bypass" ? ["--dangerously-skip-permissions"] : []),
]

const start = async (context: DriverContext<unknown>): Promise<AgentProcess> => {
  const binary = context.env["CLAUDE_BIN"] ?? process.env["CLAUDE_BIN"] ?? "claude"
  // Left to itself it tries ten times, for minutes, what the fleet's own retries are for.
  const env = { CLAUDE_CODE_MAX_RETRIES: "2", DISABLE_AUTOUPDATER: "1", ...context.env }
  try {
    return await startProcess({ command: [binary, ...argumentsOf(context)], directory: context.directory, env })
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
    throw failure("driver_error", `${binary} is not installed: run \`npm install -g @anthropic-ai/claude-code\`, or set CLAUDE_BIN to where it is`)
  }
}

const parse = (line: Line): Fields | string => {
  if (!line.ok) return line.problem
  try {
    const value: Json = JSON.parse(line.text)
    return fieldsOf(value)
  } catch {
    return `a line that is not JSON: ${line.text.slice(0, 200)}`
  }
}

const allows = (reply: Json): boolean => reply === true || (typeof reply === "string" && reply.startsWith("allow"))

const converse = (agent: AgentProcess): DriverHandle => {
  const out = makeOutbox<DriverEvent>()
  const asked = new Map<string, Json>()
  let said: Array<string> | undefined
  let conversation: string | undefined
  let interrupts = 0

  const write = (frame: Json): void => agent.write(`${JSON.stringify(frame)}\n`)
  const user = (text: string): void =>
    write({ type: "user", message: { role: "user", content: [{ type: "text", text }] }, parent_tool_use_id: null })
  const endTurn = (end: Extract<DriverEvent, { readonly type: "turn.ended" }>): void => {
    if (said === undefined) return
    out.push({ text: said.join("\n"), ...end })
    said = undefined
    asked.clear()
  }

  const take = (meaning: Meaning): void => {
    switch (meaning.type) {
      case "session":
        if (meaning.id !== conversation) out.push({ type: "session.handle", resume: meaning.id })
        conversation = meaning.id
        return
      case "text": {
        const text = said === undefined || said.length === 0 ? meaning.text : `\n${meaning.text}`
        said?.push(meaning.text)
        out.push({ type: "agent", event: { kind: "cap.text_chunk", text, channel: "assistant" } })
        return
      }
      case "event":
        out.push({ type: "agent", event: meaning.event })
        return
      case "permission":
        asked.set(meaning.request, meaning.input)
        out.push({ type: "agent", event: meaning.event })
        return
      case "withdrawn":
        asked.delete(meaning.request)
        return
      case "result":
        endTurn({ type: "turn.ended", end: meaning.end, ...(meaning.usage === undefined ? {} : { usage: meaning.usage }) })
    }
  }

  const listen = async (): Promise<void> => {
    for await (const line of agent.lines) {
      const frame = parse(line)
      if (typeof frame !== "string") {
        for (const meaning of readFrame(frame)) take(meaning)
        continue
      }
      endTurn({ type: "turn.ended", end: { error: failed("driver_error", `claude wrote ${frame}`) } })
      await agent.stop()
      break
    }
    const { code, signal } = await agent.exited
    const complaint = agent.complaints().split("\n").slice(-5).join("\n")
    const how = signal === null ? `exited with ${code}` : `was killed by ${signal}`
    endTurn({ type: "turn.ended", end: { error: failed("agent_exited", `claude ${how}${complaint === "" ? "" : `: ${complaint}`}`) } })
    out.end()
  }
  void listen()

  return {
    events: out,
    send: (frame) => {
      switch (frame.type) {
        case "prompt":
          said = []
          user(frame.instructions === undefined ? frame.text : `${frame.text}\n\n${frame.instructions}`)
          return
        case "message":
          user(frame.text)
          return
        case "cancel":
          if (said !== undefined) write({ type: "control_request", request_id: `interrupt-${++interrupts}`, request: { subtype: "interrupt" } })
          return
        case "answer": {
          const input = asked.get(frame.request)
          if (!asked.delete(frame.request)) return
          const response: Json = allows(frame.reply)
            ? { behavior: "allow", updatedInput: input ?? {} }
            : { behavior: "deny", message: "The fleet does not permit this." }
          write({ type: "control_response", response: { subtype: "success", request_id: frame.request, response } })
        }
      }
    },
    close: () => agent.stop(),
  }
}

export const claude: Driver = {
  capabilities: {
    model: true,
    systemPrompt: true,
    maxTurns: true,
    resume: true,
    queuedInput: true,
    cancelTurn: true,
    permission: true,
    structuredOutput: false,
    usage: "cumulative",
  },
  open: async (context) => converse(await start(context)),
}
