/** Tree to document: one function per kind of value elsewhere, here what a fleet consists of. Every problem of the file in one run. */
import { quotedList, suggest, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { MapEntry, MapNode, SourceTree, YamlNode } from "../source/model.ts"
import { limits } from "./limits.ts"
import type { Budget, FleetDocument, Limits, LlmRouting, PluginUse, SessionSettings, Spanned, TaskSource } from "./model.ts"
import { readInputs, readOutputs } from "./read-interface.ts"
import { readRoutes } from "./read-routes.ts"
import { KnownSessions } from "./known-sessions.ts"
import { readSession, readSessions } from "./read-sessions.ts"
import { permissions, pluginUse, readBudget, readSettings } from "./read-settings.ts"
import { defined, kindOf, Problems, Section, section, type Reader } from "./section.ts"
import { count, gitRef, id, listOf, money, number, oneOrMore, text, textNode, word } from "./values.ts"

export interface ReadDocument {
  /** absent when the file has no `fleet:` map with sessions: later stages could only repeat that */
  readonly document?: FleetDocument
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

export const fleetKeys = [
  "name",
  "base_branch",
  "task",
  "inputs",
  "plugins",
  "permissions",
  "policies",
  "sinks",
  "workspace",
  "budget",
  "budget_usd",
  "limits",
  "defaults",
  "mode",
  "llm",
  "sessions",
  "start",
  "routes",
  "outputs",
] as const

/** `mostSessions` is for measurements beyond what the language allows. `known`: sessions of the file that were read before. */
export const readDocument = (tree: SourceTree, mostSessions: number = limits.sessions, known = new KnownSessions()): ReadDocument => {
  const problems = new Problems()
  const entry = findFleet(tree, problems)
  const document = entry && readFleet(tree.file, entry, problems, mostSessions, known)
  return { ...(document && { document }), diagnostics: problems.list }
}

const findFleet = ({ file, root }: SourceTree, problems: Problems): MapEntry | undefined => {
  const start: Span = { file, start: 0, end: 0 }
  if (root === undefined || (root.kind === "null" && root.text === "")) return problems.report("not-a-fleet:empty", start, {})
  if (root.kind !== "map") return problems.report("not-a-fleet", root.span, { found: kindOf(root) })
  const compiled = compiledAt(root)
  if (compiled !== undefined)
    return problems.report(
      "not-a-fleet:compiled",
      compiled,
      {},
      { help: `run it with fleetwright run ${file}; what can be checked and mended is the file it came from` },
    )
  const top = new Section("the file", root, ["fleet"], problems)
  const fleet = root.entries.find(({ name }) => name === "fleet")
  const misspelt = top.others().some(({ name }) => suggest(name, ["fleet"]) !== undefined)
  if (fleet === undefined && !misspelt) return problems.report("not-a-fleet:no-fleet", root.entries[0]?.key ?? start, {})
  top.reportUnknown()
  return fleet
}

const readFleet = (file: string, entry: MapEntry, problems: Problems, mostSessions: number, known: KnownSessions): FleetDocument | undefined => {
  const keys = section("fleet", entry, fleetKeys, problems)
  if (keys === undefined) return undefined
  const { map } = keys
  const plugins = keys.read("plugins", listOf(pluginUse("plugin"))) ?? []
  const workspace = keys.read("workspace", pluginUse("workspace")) ?? implied("git-worktree", map)
  const defaults = known.defaults(keys.entry("defaults"), problems, readDefaults)
  const given = { sessions: keys.entry("sessions"), start: keys.entry("start") }
  for (const key of ["sessions", "start"] as const) if (given[key] === undefined) keys.missing(key, entry.key)
  const sessions =
    given.sessions &&
    readSessions(given.sessions, problems, mostSessions, (session) => known.session(session, problems, (each) => readSession(each, defaults, problems)))
  const baseBranch = keys.read("base_branch", gitRef)
  const usesGit = sessions?.some(({ settings }) => (settings.workspace ?? workspace).use.value === "git-worktree") === true
  if (usesGit && keys.entry("base_branch") === undefined) keys.missing("base_branch", entry.key)
  const document = defined({
    file,
    span: map.span,
    key: entry.key,
    name: keys.read("name", id("fleet name")) ?? { value: nameOf(file), span: entry.key },
    baseBranch,
    task: keys.read("task", readTask),
    inputs: keys.read("inputs", readInputs) ?? [],
    plugins,
    permissions: keys.read("permissions", permissions) ?? { value: "ask" as const, span: entry.key },
    policies: keys.read("policies", listOf(pluginUse("policy pack"))) ?? [],
    sinks: keys.read("sinks", listOf(pluginUse("sink"))) ?? [],
    workspace,
    budget: readFleetBudget(keys),
    hasBudget: ["budget", "budget_usd"].some((key) => keys.misspelt(key) || saysSomething(keys.entry(key)?.value)),
    limits: keys.read("limits", readLimits) ?? { parallel: { value: 8, span: entry.key } },
    defaults,
    mode: readMode(keys, plugins),
    llm: keys.read("llm", readLlm),
    sessions: sessions ?? [],
    start: keys.read("start", readStart) ?? [],
    routes: keys.read("routes", readRoutes) ?? [],
    outputs: keys.read("outputs", readOutputs) ?? [],
  })
  return sessions === undefined ? undefined : document
}

/** Where a file says that it is IR: nobody writes that by hand, so nothing else in it is a mistake. */
export const compiledAt = (root: YamlNode | undefined): Span | undefined =>
  root?.kind === "map" && root.entries.some(({ name }) => name === "sources") ? root.entries.find(({ name }) => name === "irVersion")?.key : undefined

const implied = (use: string, { span }: MapNode): PluginUse => ({ use: { value: use, span }, span })

/** The file's name without folders and extension, made an id. */
const nameOf = (file: string): string =>
  (file.split(/[/\\]/).at(-1) ?? "")
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+/, "") || "fleet"

const readTask: Reader<TaskSource> = (entry, problems) => {
  const node = textNode(entry, problems)
  if (node === undefined) return undefined
  return /^\.{1,2}\/[^\n]+$/.test(node.text) ? { kind: "file", path: node.text, span: node.span } : { kind: "template", text: node, span: node.span }
}

const readDefaults: Reader<SessionSettings> = (entry, problems) =>
  entry.value.kind === "map" ? readSettings("defaults", entry.value, problems, true) : problems.wrongType(entry, "a map of session keys")

const saysSomething = (node: YamlNode | undefined): boolean => node !== undefined && (node.kind !== "map" || node.entries.length > 0)

const readFleetBudget = (keys: Section): Budget => {
  const budget = keys.read("budget", readBudget) ?? {}
  const cap = keys.entry("budget_usd")
  if (cap === undefined) return budget
  const usd = money(cap, keys.problems)
  if (budget.usd !== undefined)
    keys.problems.report(
      "conflicting-keys:same-thing",
      cap.key,
      { first: "budget.usd", second: "budget_usd" },
      { related: [{ span: budget.usd.span, message: "budget.usd is written here" }] },
    )
  return usd === undefined ? budget : { usd, ...budget }
}

const readLimits: Reader<Limits> = (entry, problems) => {
  const map = section("limits", entry, ["parallel", "output_chars"], problems)
  return map && defined({ parallel: map.read("parallel", count) ?? { value: 8, span: entry.key }, outputChars: map.read("output_chars", count) })
}

/** A name beside the three of CAP can only be a routing plugin's, so without `plugins` it is a mistake. */
const readMode = (keys: Section, plugins: ReadonlyArray<PluginUse>): PluginUse => {
  const legal = ["static", "llm", "hybrid"]
  const mode = keys.read("mode", pluginUse("mode")) ?? implied("static", keys.map)
  if (plugins.length > 0 || legal.includes(mode.use.value)) return mode
  const near = suggest(mode.use.value, legal)
  keys.problems.report(
    "invalid-value",
    mode.use.span,
    { what: "mode", value: mode.use.value, expected: quotedList(legal, true) },
    {
      ...(near !== undefined && { help: `did you mean "${near}"?`, fix: { title: `change to "${near}"`, edits: [{ span: mode.use.span, text: near }] } }),
    },
  )
  return implied("static", keys.map)
}

const readLlm: Reader<LlmRouting> = (entry, problems) => {
  const map = section("llm", entry, ["command", "system_prompt", "timeout_secs", "max_decisions", "max_context_chars"], problems)
  const seconds = map?.read("timeout_secs", positive)
  return (
    map &&
    defined({
      span: map.map.span,
      command: map.read("command", readCommand),
      systemPrompt: map.read("system_prompt", text),
      timeout: seconds && { value: seconds.value * 1000, span: seconds.span },
      maxDecisions: map.read("max_decisions", count),
      maxContextChars: map.read("max_context_chars", count),
    })
  )
}

const readCommand: Reader<ReadonlyArray<Spanned<string>>> = (entry, problems) =>
  entry.value.kind === "list" && entry.value.items.length === 0
    ? problems.report("invalid-value", entry.value.span, { what: '"command"', value: "[]", expected: "a program and its arguments" })
    : listOf(word)(entry, problems)

const positive: Reader<Spanned<number>> = (entry, problems) => {
  const read = number(0, false)(entry, problems)
  return read?.value === 0 ? problems.report("invalid-value", read.span, { what: `"${entry.name}"`, value: "0", expected: "a number above 0" }) : read
}

const readStart: Reader<ReadonlyArray<Spanned<string>>> = (entry, problems) => {
  const start = oneOrMore(word)(entry, problems)
  if (entry.value.kind === "list" && entry.value.items.length === 0)
    return problems.report("invalid-value", entry.value.span, { what: '"start"', value: "[]", expected: "at least one session" })
  return start
}
