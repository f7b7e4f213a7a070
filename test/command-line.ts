/** How the scripts of this repository are called: options by name, each a whole number or a text; `--help`; and in words what is wrong. */
import process from "node:process"
import { parseArgs } from "node:util"

interface NumberOption {
  readonly what: string
  readonly default: number
  readonly least: number
}

interface TextOption {
  readonly what: string
  readonly default: string
}

interface Options {
  readonly [name: string]: NumberOption | TextOption
}

type Values<O extends Options> = { readonly [Name in keyof O]: O[Name] extends NumberOption ? number : string }

type Read<O extends Options> =
  | { readonly kind: "values"; readonly values: Values<O> }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "problem"; readonly text: string }

const usage = (script: string, about: string, options: Options): string => {
  const rows = Object.entries(options).map(([name, option]) => [`--${name} ${"least" in option ? "N" : "TEXT"}`, option] as const)
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, option]) => `  ${left.padEnd(width)}  ${option.what} (default ${option.default === "" ? "none" : option.default})`)
  return [`npm run ${script} -- [OPTIONS]`, "", about, "", ...lines].join("\n")
}

/** `script` is its name in package.json. */
export const readCommandLine = <const O extends Options>(script: string, about: string, options: O, args: ReadonlyArray<string>): Read<O> => {
  if (args.includes("--help") || args.includes("-h")) return { kind: "help", text: usage(script, about, options) }
  const problem = (text: string): Read<O> => ({ kind: "problem", text: `${text}\n\n${usage(script, about, options)}` })
  const names = Object.keys(options)
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
    strict: false,
    tokens: true,
  })
  const given = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind === "positional") return problem(`${token.value} is no option`)
    if (token.kind !== "option") continue
    if (!names.includes(token.name)) return problem(`there is no option ${token.rawName}`)
    if (token.value === undefined) return problem(`${token.rawName} wants a value`)
    given.set(token.name, token.value)
  }
  const values: { [name: string]: number | string } = {}
  for (const [name, option] of Object.entries(options)) {
    const text = given.get(name)
    if ("least" in option) {
      const value = text === undefined ? option.default : Number(text)
      if (!Number.isSafeInteger(value) || value < option.least || text?.trim() === "")
        return problem(`--${name} wants a whole number from ${option.least} on, not ${text}`)
      values[name] = value
    } else values[name] = text ?? option.default
  }
  // each has the kind that its option asks for
  return { kind: "values", values: values as Values<O> }
}

/** The options this process was called with. Help and mistakes are printed, and end it: 0 for help, 2 for a mistake. */
export const commandLine = <const O extends Options>(script: string, about: string, options: O): Values<O> => {
  const read = readCommandLine(script, about, options, process.argv.slice(2))
  if (read.kind === "values") return read.values
  if (read.kind === "help") console.log(read.text)
  else console.error(read.text)
  process.exit(read.kind === "help" ? 0 : 2)
}
