/** What a person types in a conversation, read: text for a session, an answer, or a command. Pure. */
import { suggest } from "#compiler/diagnostics/suggest.ts"

export type Said =
  | { readonly kind: "nothing" }
  /** Without `to`: for whom the person speaks to. */
  | { readonly kind: "text"; readonly to?: ReadonlyArray<string>; readonly text: string }
  /** The turn under way stops, what it said is kept, and this is what it should have known. */
  | { readonly kind: "interrupt"; readonly to?: string; readonly text: string }
  /** From now on bare text is for this session. */
  | { readonly kind: "turn to"; readonly to: string }
  | { readonly kind: "reply"; readonly requests: ReadonlyArray<string> | "all"; readonly text: string }
  | { readonly kind: "cancel"; readonly session?: string }
  | { readonly kind: "task"; readonly text?: string }
  | { readonly kind: "who" | "pause" | "resume" | "help" | "quit" }
  | { readonly kind: "wrong"; readonly problem: string }

interface Listed {
  readonly usage: string
  readonly about: string
  readonly read: (rest: string) => Said
}

const wrong = (problem: string): Said => ({ kind: "wrong", problem })

const plain =
  (kind: "who" | "pause" | "resume" | "help" | "quit") =>
  (rest: string): Said =>
    rest === "" ? { kind } : wrong(`/${kind} takes nothing: ${JSON.stringify(rest)} is too much`)

const session = String.raw`[A-Za-z0-9_-]+(?:\[\d+\])?`
const addressed = new RegExp(`^@(${session}(?:,${session})*)(?::\\s*|\\s+|$)`, "u")

const readReply = (rest: string): Said => {
  const [, names = "", text = ""] = /^(\S+)\s+([^]+)$/u.exec(rest) ?? []
  if (text === "") return wrong("/reply needs a request and an answer, as in /reply q1 y")
  return { kind: "reply", requests: names === "all" ? "all" : names.split(",").filter((name) => name !== ""), text }
}

const readInterrupt = (rest: string): Said => {
  const [whole = "", to] = addressed.exec(rest) ?? []
  const text = rest.slice(whole.length)
  if (text === "") return wrong("/now needs what to say, as in /now use the other file")
  if (to?.includes(",") === true) return wrong("/now speaks to one session")
  return { kind: "interrupt", text, ...(to === undefined ? {} : { to }) }
}

const commands: { readonly [name: string]: Listed } = {
  who: { usage: "/who", about: "who is here, and what waits for an answer", read: plain("who") },
  now: { usage: "/now [@ID] TEXT", about: "stop the turn, keep what it said, and go on with this", read: readInterrupt },
  cancel: {
    usage: "/cancel [ID]",
    about: "cancel the turn under way, of all or of one (Ctrl-C)",
    read: (rest) => (rest === "" ? { kind: "cancel" } : { kind: "cancel", session: rest.replace(/^@/u, "") }),
  },
  reply: { usage: "/reply REQUEST ANSWER", about: "answer a request, several (q1,q2) or all", read: readReply },
  task: {
    usage: "/task [TEXT]",
    about: "give the sessions that start the fleet's task, or this one",
    read: (rest) => (rest === "" ? { kind: "task" } : { kind: "task", text: rest }),
  },
  pause: { usage: "/pause", about: "start no new turns", read: plain("pause") },
  resume: { usage: "/resume", about: "go on after a pause", read: plain("resume") },
  quit: { usage: "/quit", about: "end when what runs is done (Ctrl-D)", read: plain("quit") },
  help: { usage: "/help", about: "this", read: plain("help") },
}

export const commandNames: ReadonlyArray<string> = Object.keys(commands).map((name) => `/${name}`)

/** `@@x` and `//x` are the text `@x` and `/x`, for whom it is. */
export const readLine = (line: string): Said => {
  const text = line.trim()
  if (text === "") return { kind: "nothing" }
  if (text.startsWith("@@") || text.startsWith("//")) return { kind: "text", text: text.slice(1) }
  if (text.startsWith("/")) return readCommand(text)
  const [whole = "", names] = addressed.exec(text) ?? []
  if (names === undefined) return { kind: "text", text }
  const [to = "", ...others] = names.split(",")
  const rest = text.slice(whole.length)
  if (rest !== "") return { kind: "text", to: [to, ...others], text: rest }
  return others.length === 0 ? { kind: "turn to", to } : wrong(`say something to ${names}, or turn to one of them`)
}

const readCommand = (text: string): Said => {
  const [, name = "", rest = ""] = /^\/(\S*)\s*([^]*)$/u.exec(text) ?? []
  const known = name === "q" ? "quit" : name
  const command = Object.hasOwn(commands, known) ? commands[known] : undefined
  if (command !== undefined) return command.read(rest)
  const near = suggest(known, Object.keys(commands))
  return wrong(`there is no command /${name}; ${near === undefined ? "see /help" : `did you mean /${near}?`} //${name} says it to a session as it stands`)
}

/** The page of `/help`, a line each. */
export const helpLines = (): ReadonlyArray<string> => {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["TEXT", "speak to the session that the prompt names, or answer what it asks"],
    ["@ID TEXT", "speak to that session, and from now on; @a,b TEXT to several"],
    ...Object.values(commands).map(({ usage, about }) => [usage, about] as const),
    ["TEXT \\", "goes on in the next line; @@ and // say what begins with @ or /"],
  ]
  const width = Math.max(...rows.map(([usage]) => usage.length))
  return rows.map(([usage, about]) => `${usage.padEnd(width)}  ${about}`)
}

/** A line that ends with a backslash goes on in the next. */
export const joinLines = (begun: string, line: string): { readonly text: string; readonly whole: boolean } => {
  const more = line.endsWith("\\") && !line.endsWith("\\\\")
  return { text: `${begun}${more ? `${line.slice(0, -1)}\n` : line}`, whole: !more }
}
