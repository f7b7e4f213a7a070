/** A conversation over a terminal. A turn is over when the program has been silent for a while and shows its prompt again. */
import type { Json } from "#ir"
import { failed, failure, findProgram, FleetFailure, killMarked, makeTimers, makeTurnKeeper, within } from "#sdk"
import type { DriverHandle, Frame, Timers } from "#sdk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { PtyConfig, PtyContext } from "./config.ts"
import { makeScreen, withoutBlankEnds, type Screen } from "./screen.ts"
import { makeLineReader, type LineMeaning, type Question } from "./read-lines.ts"
import { openTerminal, type OpenTerminal } from "./terminal.ts"
import { makeTurnText, typeable, type TurnText } from "./turn-text.ts"

/** With a prompt to go by, and without. */
const idleMs = { known: 500, unknown: 3000 }
const stallMs = 30 * 60_000
const defaultSize = { columns: 200, rows: 50 }
const readyMs = 60_000
const partingMs = 300
const graceMs = 5000
/** Between what is pasted and the Enter key, or some programs take both for the paste. */
const enterMs = 300

interface Turn {
  readonly text: TurnText
  /** Something came since Enter was pressed. */
  answered: boolean
  typed: boolean
  cancelled: boolean
}

interface Running extends OpenTerminal {
  readonly name: string
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number }>
  readonly stop: () => Promise<void>
}

/** A yes or a no as programs want it; other words in one line. */
const typedAnswer = (kind: Question["kind"], reply: Json): string => {
  const words = typeof reply === "string" ? reply : JSON.stringify(reply)
  if (kind === "yes_no" && (reply === null || reply === false || /^(?:no|deny)/iu.test(words))) return "n"
  if (kind === "yes_no" && (reply === true || /^(?:yes|allow)/iu.test(words))) return "y"
  return typeable(words).replaceAll(/\s*\n\s*/gu, " ")
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-pid, name)
  } catch {
    // It has gone, which is what was wanted.
  }
}

const sizeOf = ({ columns = defaultSize.columns, rows = defaultSize.rows }: PtyConfig) => ({ columns, rows })

const start = async ({ config, directory, env, confine }: PtyContext): Promise<Running> => {
  const program = findProgram(config.target, { directory, path: env["PATH"] ?? "" })
  if (program === undefined) throw failure("driver_error", `${config.target} is not installed: put it on PATH, or write another program after \`pty:\``)
  const command = [program, ...(config.args ?? [])]
  const [file = program, ...args] = confine?.(command, directory) ?? command
  const terminal = await openTerminal({ program: file, args, ...sizeOf(config), directory, env })
  const { pid } = terminal.pty
  const exited = new Promise<{ readonly exitCode: number; readonly signal?: number }>((done) => {
    terminal.pty.onExit(done)
  })
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    // Shells heed the former, and many others only the latter.
    signal(pid, "SIGHUP")
    signal(pid, "SIGTERM")
    await within(graceMs, exited)
    signal(pid, "SIGKILL")
    await exited
    await killMarked(env)
  }
  return { ...terminal, name: config.target, exited, stop: () => (stopping ??= stop()) }
}

export const openPty = (context: PtyContext): Effect.Effect<DriverHandle, FleetFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const timers = yield* makeTimers
    const running = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => start(context),
        catch: (error) => (error instanceof FleetFailure ? error : failure("driver_error", String(error))),
      }),
      (terminal) => Effect.promise(terminal.stop),
    )
    const { ready, handle } = converse(running, makeScreen(running.screen), timers, context)
    yield* Effect.tryPromise({ try: () => ready, catch: (error) => (error instanceof FleetFailure ? error : failure("driver_error", String(error))) }).pipe(
      Effect.timeoutOrElse({
        duration: readyMs,
        orElse: () =>
          Effect.fail(
            failure("timeout", `${running.name} does not wait for input ${readyMs / 1000} s after its start; does \`prompt_pattern\` fit what it shows?`),
          ),
      }),
    )
    return handle
  })

const converse = ({ pty, screen: terminal, name, exited, stop }: Running, screen: Screen, timers: Timers, { config, systemPrompt }: PtyContext) => {
  const pattern = config.prompt_pattern
  const idle = config.idle ?? (pattern === undefined ? idleMs.unknown : idleMs.known)
  const ready = Promise.withResolvers<void>()
  let turn: Turn | undefined
  let instructed = false
  let started = false
  let waitingLine = ""
  let heard = 0
  let quiet: (() => void) | undefined
  let over = false

  /** The blank after a prompt, where the cursor stands, is not to be seen. */
  const shows = (line: string): boolean => pattern?.test(line) === true || pattern?.test(`${line} `) === true
  const isPrompt = (line: string): boolean => (pattern === undefined ? line !== "" && line === waitingLine : shows(line))

  /** It ends because it was told to. */
  let closing = false
  const keeper = makeTurnKeeper({
    name,
    stallMs: config.stall_timeout ?? stallMs,
    timers,
    interrupt: () => {
      if (turn !== undefined) turn.cancelled = true
      asked = undefined
      pty.write("\u0003")
    },
    abandon: () => {
      closing = true
      void stop()
    },
  })

  const reader = makeLineReader(config.parse ?? {})
  let gap = ""
  const tell = (meanings: ReadonlyArray<LineMeaning>): void => {
    for (const meaning of meanings) {
      if (meaning.type === "tool") keeper.toolStarted(meaning.call, meaning.tool, { args: meaning.args })
      else if (meaning.type === "tool.done") keeper.toolEnded(meaning.call, meaning.isError)
      else if (meaning.type === "event") keeper.emit(meaning.event)
      else if (meaning.line === "") gap += "\n"
      else {
        keeper.paragraph()
        keeper.say(gap + meaning.line)
        gap = ""
      }
    }
  }
  const say = (lines: ReadonlyArray<string>): void => {
    gap = ""
    for (const line of lines) tell(reader.read(line))
  }
  const harvest = (): void => {
    const lines = screen.doneLines()
    if (turn?.typed === true) say(turn.text.take(lines))
  }

  /** What the program asks on its screen, for somebody to answer. */
  let asked: { readonly request: string; readonly kind: Question["kind"] } | undefined
  let questions = 0
  const asks = (): boolean => {
    if (asked !== undefined) return true
    const question = turn?.typed === true && turn.answered && !turn.cancelled ? reader.question(screen.tail(1)[0] ?? "") : undefined
    if (question === undefined) return false
    asked = { request: `question-${++questions}`, kind: question.kind }
    keeper.ask(asked.request, { kind: "cap.ask_user", ask_id: asked.request, prompt: question.prompt, ...question.form })
    return true
  }
  const answer = (request: string, reply: Json): void => {
    if (asked?.request !== request || turn === undefined) return
    const { kind } = asked
    asked = undefined
    keeper.settled(request)
    // nobody answers
    if (reply === null && kind === "options") return keeper.cancel()
    turn.answered = false
    pty.write(typedAnswer(kind, reply) + screen.keys().enter)
  }

  const settle = (): void => {
    if (asks()) return
    if (pattern !== undefined && !screen.tail(config.prompt_lines).some(shows)) return
    if (!started) {
      started = true
      waitingLine = screen.tail().at(-1) ?? ""
      return ready.resolve()
    }
    if (turn === undefined || !turn.answered || !(turn.typed || turn.cancelled)) return
    const ended = turn
    turn = undefined
    if (ended.typed) say(withoutBlankEnds(ended.text.take(screen.lastLines())))
    tell(reader.end())
    keeper.end({ stop: ended.cancelled ? "cancelled" : "end_turn" })
  }
  const watch = (): void => {
    quiet?.()
    quiet = timers.after(idle, () => {
      if (heard === 0) settle()
    })
  }

  terminal.onData((data) => {
    if (!over) pty.write(data)
  })
  let feeding = Promise.resolve()
  pty.onData((data) => {
    heard += 1
    feeding = feeding.then(async () => {
      await screen.feed(data)
      heard -= 1
      keeper.touch()
      if (turn !== undefined) turn.answered = true
      harvest()
      watch()
      const room = keeper.room()
      if (room === undefined) return
      pty.pause()
      await room
      pty.resume()
    })
  })
  watch()

  void exited.then(async ({ exitCode, signal: number }) => {
    await feeding
    over = true
    harvest()
    const shown = screen.tail().join("\n")
    const error = failed(
      "agent_exited",
      `${name} ${number === undefined || number === 0 ? `exited with ${exitCode}` : `was killed by signal ${number}`}${shown === "" ? "" : `; it showed last: ${shown}`}`,
    )
    ready.reject(failure(error.kind, error.message))
    // CAP v1, appendix A6: told before the session ends, unless it was us who ended it
    if (!closing) keeper.emit({ kind: "cap.error", code: "pty_died", message: error.message, retryable: false })
    keeper.finish(error)
  })
  // Once it is open, nobody waits for this: the end of the conversation says the same.
  ready.promise.catch(() => undefined)

  const pause = (ms: number): Promise<void> =>
    new Promise((done) => {
      timers.after(ms, done)
    })

  const prompt = async ({ text, instructions }: Extract<Frame, { readonly type: "prompt" }>): Promise<void> => {
    keeper.begin()
    const { bracketedPaste, enter } = screen.keys()
    const whole = typeable([instructed ? undefined : systemPrompt, text, instructions].filter((each) => each !== undefined).join("\n\n"))
    instructed = true
    // Without bracketed paste every line end is the Enter key: the prompt must be one line.
    const typed = bracketedPaste ? whole : whole.replaceAll(/\s*\n\s*/gu, " ")
    const standing = screen.mark()
    const begun: Turn = { text: makeTurnText(typed, isPrompt, standing), answered: false, typed: false, cancelled: false }
    turn = begun
    if (bracketedPaste) {
      pty.write(`\u001b[200~${typed}\u001b[201~`)
      await pause(enterMs)
      if (turn !== begun || begun.cancelled || over) return
    } else pty.write(typed)
    begun.typed = true
    begun.answered = false
    pty.write(enter)
  }

  const handle: DriverHandle = {
    events: keeper.events,
    send: (frame) => {
      if (frame.type === "prompt") return prompt(frame)
      if (frame.type === "cancel") return keeper.cancel()
      if (frame.type === "answer") return answer(frame.request, frame.reply)
    },
    close: async () => {
      closing = true
      keeper.cancel()
      await within(partingMs, keeper.idle())
      await stop()
      terminal.dispose()
    },
  }
  return { ready: ready.promise, handle }
}
