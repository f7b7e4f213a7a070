/** The command line: finds the command, loads only what it needs, and turns whatever happens into an exit code. */
import { suggest } from "#compiler/diagnostics/suggest.ts"
import type { Command } from "./command.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { helpPage, readArguments } from "./read-arguments.ts"
import { err, flushed, out } from "./terminal.ts"
import { version } from "./version.ts"

interface Listed {
  readonly about: string
  readonly load: () => Promise<Command>
}

const commands: { readonly [name: string]: Listed } = {
  check: { about: "say everything that is wrong with fleets", load: async () => (await import("./check.ts")).check },
  compile: { about: "print the IR of a fleet", load: async () => (await import("./compile.ts")).compile },
  run: { about: "run a fleet", load: async () => (await import("./run.ts")).run },
  chat: { about: "talk to the sessions of a fleet, or to an agent", load: async () => (await import("./chat.ts")).chat },
  simulate: { about: "run a fleet with scripted agents in virtual time", load: async () => (await import("./simulate.ts")).simulate },
  resume: { about: "take up a run whose process died", load: async () => (await import("./resume.ts")).resume },
  cancel: { about: "cancel a run, a session or its turn", load: async () => (await import("./cancel.ts")).cancel },
  reply: { about: "answer a request of a run", load: async () => (await import("./reply.ts")).reply },
  send: { about: "say something to a session of a run", load: async () => (await import("./send.ts")).send },
  pause: { about: "let a run start nothing more for now", load: async () => (await import("./pause.ts")).pause },
  breakpoint: { about: "pause a run before a session is given work", load: async () => (await import("./breakpoint.ts")).breakpoint },
  logs: { about: "print what a run says", load: async () => (await import("./logs.ts")).logs },
  replay: { about: "fold the journal of a run again and compare", load: async () => (await import("./replay.ts")).replay },
  fork: { about: "start a run from a past state of another", load: async () => (await import("./fork.ts")).fork },
  audit: { about: "check that nobody changed the journal of a run", load: async () => (await import("./audit.ts")).audit },
  diff: { about: "show what the work of a run would bring to its base branch", load: async () => (await import("./diff.ts")).diff },
  merge: { about: "merge the work of a session", load: async () => (await import("./merge.ts")).merge },
  clean: { about: "remove worktrees and branches that runs left", load: async () => (await import("./clean.ts")).clean },
  attest: { about: "sign what a run was made from and what came of it", load: async () => (await import("./attest.ts")).attest },
  bom: { about: "sign a bill of materials of a run", load: async () => (await import("./bom.ts")).bom },
  verify: { about: "check what attest or bom wrote, offline", load: async () => (await import("./verify.ts")).verify },
  keys: { about: "print the public key of what this user signs", load: async () => (await import("./keys.ts")).keys },
  runs: { about: "list the runs of this directory", load: async () => (await import("./runs.ts")).runs },
  show: { about: "tell what happened in a run", load: async () => (await import("./show.ts")).show },
  explain: { about: "explain a diagnostic, or a fleet in plain words", load: async () => (await import("./explain.ts")).explain },
  fmt: { about: "format fleets, comments kept", load: async () => (await import("./fmt.ts")).fmt },
  graph: { about: "draw a fleet: Mermaid, DOT or SVG", load: async () => (await import("./graph.ts")).graph },
  schema: { about: "print the JSON Schema of fleet files, for editors", load: async () => (await import("./schema.ts")).schema },
  plugins: { about: "list plugins: what they provide and what they touch", load: async () => (await import("./plugins.ts")).plugins },
  plugin: { about: "write a new plugin: code, test and page", load: async () => (await import("./plugin.ts")).plugin },
  policy: { about: "try a policy pack on a table of cases", load: async () => (await import("./policy.ts")).policy },
  permissions: { about: "print the least that a fleet needs under Deno", load: async () => (await import("./permissions.ts")).permissions },
  doctor: { about: "say which tools and agents are here and what they can do", load: async () => (await import("./doctor.ts")).doctor },
  init: { about: "write a fleet to start from", load: async () => (await import("./init.ts")).init },
}

/** Runs the command line and sets the exit code of the process. */
export const start = async (args: ReadonlyArray<string>): Promise<void> => {
  process.exitCode = await answer(args).catch(told)
  await flushed()
  process.exit()
}

const answer = async ([name, ...rest]: ReadonlyArray<string>): Promise<ExitCode> => {
  if (name === "--version" || name === "-V") return say(`${version()}\n`)
  if (name === undefined) {
    err(overview())
    return exit.notStarted
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) return say(overview())
  const [asked, args] = name === "help" ? [rest[0] ?? "", ["--help"]] : [name, rest]
  const listed = Object.hasOwn(commands, asked) ? commands[asked] : undefined
  if (listed === undefined) throw unknownCommand(asked)
  const command = await listed.load()
  const given = readArguments(asked, command, args)
  return given === "help" ? say(helpPage(command)) : command.run(given)
}

const say = (text: string): ExitCode => {
  out(text)
  return exit.fine
}

const told = (error: unknown): ExitCode => {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof NotStarted) err(`fleetwright: ${message}\n`)
  else if (isWithheld(error)) err(`fleetwright: Deno withholds what this needs: ${message}; the README lists the permissions of each command\n`)
  else {
    err(`fleetwright: this is a defect of fleetwright: ${message}\n`)
    if (process.env["FLEETWRIGHT_DEBUG"] !== undefined && error instanceof Error) err(`${error.stack}\n`)
  }
  return exit.notStarted
}

/** Deno's error for a permission that was not given. */
const isWithheld = (error: unknown): boolean => error instanceof Error && error.name === "NotCapable"

const unknownCommand = (name: string): NotStarted => {
  const near = suggest(name, Object.keys(commands))
  return new NotStarted(`there is no command ${JSON.stringify(name)}; ${near === undefined ? "see fleetwright --help" : `did you mean ${near}?`}`)
}

const overview = (): string => {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const rows = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}\n`)
  return `fleetwright COMMAND\n\n${rows.join("")}\nfleetwright COMMAND --help says more; --version says which this is.\n`
}

if (import.meta.main && process.argv[1]?.endsWith("main.ts") === true) void start(process.argv.slice(2))
