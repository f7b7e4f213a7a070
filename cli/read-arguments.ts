/** Arguments to what was given, or a `NotStarted` that names the flag and the one that was meant. */
import { parseArgs } from "node:util"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import type { Command, Given, Option } from "./command.ts"
import { NotStarted } from "./exit.ts"

const help: Option = { type: "boolean", short: "h", about: "this page" }

export const readArguments = (name: string, command: Command, args: ReadonlyArray<string>): Given | "help" => {
  const options: { readonly [name: string]: Option } = { ...command.options, help }
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(options).map(([key, { type, short }]) => [key, { type, ...(short !== undefined && { short }), multiple: true }]),
    ),
  })
  const values = new Map<string, Array<string>>()
  const positionals: Array<string> = []
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value)
    if (token.kind !== "option") continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) throw unknownFlag(name, token.rawName, Object.keys(options))
    values.set(token.name, [...(values.get(token.name) ?? []), valueOf(option, token.rawName, token.value)])
  }
  if (values.has("help")) return "help"
  const { least, most } = command.positionals
  if (positionals.length < least) throw new NotStarted(`something is missing: fleetwright ${command.usage}`)
  if (positionals.length > most) throw new NotStarted(`${JSON.stringify(positionals[most])} is too much: fleetwright ${command.usage}`)
  return {
    positionals,
    text: (option) => values.get(option)?.at(-1),
    texts: (option) => values.get(option) ?? [],
    flag: (option) => values.has(option),
  }
}

const unknownFlag = (command: string, raw: string, known: ReadonlyArray<string>): NotStarted => {
  const near = suggest(raw.replace(/^-+/, ""), known)
  const hint = near === undefined ? `see fleetwright ${command} --help` : `did you mean --${near}?`
  return new NotStarted(`${command} has no flag ${raw}; ${hint}`)
}

const valueOf = (option: Option, raw: string, value: string | undefined): string => {
  if (option.type === "boolean") {
    if (value !== undefined) throw new NotStarted(`${raw} takes no value`)
    return ""
  }
  if (value === undefined) throw new NotStarted(`${raw} needs a value${option.value === undefined ? "" : `: ${raw} ${option.value}`}`)
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const near = suggest(value, option.choices)
    throw new NotStarted(`${raw} is one of ${option.choices.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`)
  }
  return value
}

/** The page of `fleetwright COMMAND --help`. */
export const helpPage = (command: Command): string => {
  const rows = Object.entries({ ...command.options, help }).map(([name, { short, value, choices, about }]) => {
    const shown = value ?? choices?.join("|")
    return [`${short === undefined ? "    " : `-${short}, `}--${name}${shown === undefined ? "" : ` ${shown}`}`, about] as const
  })
  const width = Math.max(...rows.map(([flag]) => flag.length))
  return `fleetwright ${command.usage}\n\n${command.about}\n\n${rows.map(([flag, about]) => `  ${flag.padEnd(width)}  ${about}\n`).join("")}`
}
