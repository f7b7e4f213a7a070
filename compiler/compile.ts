/** From the text of a fleet file to its IR. Pure and synchronous: the files a fleet names come through `files`. */
import { bounded, fitFixes, sortDiagnostics, type Diagnostic } from "./diagnostics/index.ts"
import { readDocument } from "./document/index.ts"
import { figuresOf, respondersOf, type Claims, type Ir } from "./ir/index.ts"
import { applyManifests, type FoundPlugins } from "./check/apply-manifests.ts"
import type { DriverDescription } from "./check/builtin-plugins.ts"
import { checkCost } from "./check/cost.ts"
import { FileReader } from "./check/file-reader.ts"
import { useOf } from "./check/drivers.ts"
import { checkFlow } from "./check/flow.ts"
import { includeFiles } from "./check/include-files.ts"
import type { SourceText } from "./check/model.ts"
import { resolveNames } from "./check/names.ts"
import { parseFleet } from "./check/parse-fleet.ts"
import { checkPlugins, driversOf } from "./check/plugins.ts"
import { checkPolicy } from "./check/policy.ts"
import { checkSoundness } from "./check/soundness.ts"
import { checkTypes } from "./check/types.ts"
import { lower, seal, type Lowered } from "./lower/lower.ts"
import { detached } from "./memory/detached.ts"
import { factsOf, Memory } from "./memory/memory.ts"
import { applySuppressions, findSuppressions, readSource } from "./source/index.ts"

export interface CompileRequest {
  /** path of the fleet file as problems shall show it; the IR keeps only its last part */
  readonly file: string
  readonly text: string
  /** the text of a file that the fleet names, by its path as written; undefined when it cannot be read */
  readonly files: (path: string) => string | undefined
  /** drivers besides the built-in ones and those of `plugins` */
  readonly drivers?: ReadonlyArray<DriverDescription>
  /** what loading the fleet's plugins and the manifests of its agents gave, see `pluginsNamed`; one that is not there is believed to be what the fleet takes it for */
  readonly plugins?: FoundPlugins
  /** nobody is there to answer requests */
  readonly headless?: boolean
  /** what a fleet may have of sessions, to measure beyond the language's 1000; no IR of so many verifies */
  readonly mostSessions?: number
}

export interface FleetCheck {
  /** sorted by place */
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** the fleet file first, then the other files that were read */
  readonly sources: ReadonlyArray<SourceText>
}

export interface Compilation extends FleetCheck {
  /** absent when there are errors */
  readonly ir?: Ir
  /** of a fleet whose only errors say what its flow comes to: to be simulated, so that this can be seen. It must not be run */
  readonly trial?: Ir
}

/** Checks a fleet and lowers it to IR when nothing is wrong. */
export const compile = (request: CompileRequest): Compilation => {
  const { diagnostics, sources, sound } = check(request)
  if (sound?.isPlayable !== true) return { diagnostics, sources }
  const ir = seal(sound.lowered, sources, sound.claims())
  return { diagnostics, sources, ...(diagnostics.some(isError) ? { trial: ir } : { ir }) }
}

/** As `compile`, without the IR. */
export const checkFleet = (request: CompileRequest): FleetCheck => {
  const { diagnostics, sources } = check(request)
  return { diagnostics, sources }
}

/**
 * `checkFleet` for whoever checks a file again and again, as an editor does after every keystroke. It says the same, sooner: what has not
 * changed since the last time is not looked at anew. It holds no more than what two checks need.
 */
export const checker = (): ((request: CompileRequest) => FleetCheck) => {
  let memory = new Memory()
  let last: string | undefined
  return (request) => {
    // spans name their file
    if (request.file !== last) memory = new Memory()
    last = request.file
    const { diagnostics, sources } = check(request, memory)
    memory.turn()
    return { diagnostics: diagnostics.map(detached), sources }
  }
}

interface Sound {
  readonly lowered: Lowered
  readonly claims: () => Claims
  /** No error says more than what executions come to. */
  readonly isPlayable: boolean
}

/** What stands under `plugins:`, for whoever loads them before the fleet is compiled. Cheap when the word is not in the text. */
export const pluginsNamed = (file: string, text: string): ReadonlyArray<string> =>
  text.includes("plugins") ? [...new Set(readDocument(readSource(file, text).tree).document?.plugins.map(({ use }) => use.value))] : []

/** The agents of sessions that name one or its manifest instead of a driver, for whoever finds their manifests: `agent:<name>`, `manifest:<path>`. */
export const agentsNamed = (file: string, text: string): ReadonlyArray<string> => {
  // the keys, which stand before a colon
  if (!/\b(?:agent|manifest)["']?\s*:/.test(text)) return []
  const sessions = readDocument(readSource(file, text).tree).document?.sessions ?? []
  return [...new Set(sessions.flatMap(({ settings: { runner } }) => (runner === undefined || runner.kind === "driver" ? [] : [useOf(runner)])))]
}

const noPlugins: FoundPlugins = new Map()

const check = (
  { file, text, files, drivers: given = [], plugins = noPlugins, headless = false, mostSessions }: CompileRequest,
  memory?: Memory,
): FleetCheck & { readonly sound?: Sound } => {
  const source = readSource(file, text, memory?.entries)
  const told = (all: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => fitFixes(bounded(sortDiagnostics(all)), file, text)
  // what a broken place was to say is not known, so whatever else seems wrong may follow from it
  if (source.diagnostics.some(({ code }) => code === "yaml-syntax") || (source.tree.root === undefined && source.diagnostics.length > 0))
    return { diagnostics: told(source.diagnostics), sources: [{ path: file, text }] }
  const read = readDocument(source.tree, mostSessions, memory?.sessions)
  const before = [...source.diagnostics, ...read.diagnostics]
  if (read.document === undefined) return { diagnostics: told(before), sources: [{ path: file, text }] }
  const reader = new FileReader(files)
  const { document, diagnostics: missing } = includeFiles(applyManifests(read.document, plugins), plugins, reader)
  const drivers = [...given, ...driversOf(document, plugins)]
  const { fleet, diagnostics: texts } = parseFleet(document, (path) => reader.read(path), memory)
  const names = resolveNames(fleet, drivers, memory?.rules)
  const types = checkTypes(fleet, names, memory?.rules)
  const sources = [{ path: file, text }, ...reader.files]
  const readable = [
    ...before,
    ...missing,
    ...texts,
    ...names.diagnostics,
    ...elsewhere(checkPlugins(document, fleet.rules, names.expressions, plugins), missing),
    ...notRepeated(types.diagnostics, texts),
  ]
  const flow = checkFlow(fleet, names, readable)
  const policy = checkPolicy(fleet, { headless, symbols: names.symbols, drivers, sources })
  const ignored = findSuppressions(source.tree, fleet.ruleTexts)
  const firm = [...readable, ...flow.diagnostics, ...policy]
  const found = [...firm, ...ignored.diagnostics]
  const result = (all: ReadonlyArray<Diagnostic>): FleetCheck => ({
    diagnostics: told(applySuppressions(sortDiagnostics(all), ignored.suppressions)),
    sources,
  })
  // a net is explored only when every name and type in it stands
  if (firm.some((each) => isError(each) && !standsStill.has(each.code))) return result(found)
  // who checks again and again asks for no IR, and a net without places is soon known again
  const lowered = lower({
    fleet,
    symbols: names.symbols,
    types: types.types,
    drivers,
    ...(memory === undefined ? { sources } : { sources: [], known: memory.lowered }),
  })
  const { worst, soundness } = memory === undefined ? factsOf(lowered) : memory.factsOf(lowered)
  const { diagnostics, joins } = checkSoundness(fleet, lowered, flow, soundness)
  const claims = (): Claims => ({ joins, ...figuresOf(lowered, worst), responders: respondersOf(lowered) })
  const isPlayable = !found.some((each) => isError(each) && !verdicts.has(each.code))
  // what cannot be played shows nothing
  const shown = isPlayable ? diagnostics : diagnostics.map(({ replay: _replay, ...each }) => each)
  return { ...result([...found, ...checkCost(fleet, worst), ...shown]), sound: { lowered, claims, isPlayable } }
}

/** A pattern that was refused as it was read is no second mistake. */
const notRepeated = (found: ReadonlyArray<Diagnostic>, before: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const refused = before.filter(({ code }) => code === "unsafe-regex" || code === "dsl-syntax")
  return found.filter(({ span }) => !refused.some((each) => each.span.file === span.file && span.start <= each.span.start && each.span.end <= span.end))
}

/** What is wrong at places that were not told of already. */
const elsewhere = (found: ReadonlyArray<Diagnostic>, before: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> =>
  before.length === 0 ? found : found.filter(({ span }) => !before.some((each) => each.span.start === span.start && each.span.end === span.end))

/** Errors in spite of which every name and type stands. */
const standsStill: ReadonlySet<string> = new Set([
  "unbounded-loop",
  "nobody-to-ask",
  "policy-conflict",
  "private-address",
  "unsupported-by-driver",
  "budget-exceeds-parent",
  "plugin-config-invalid",
  "plugin-load-failed",
])

const isError = ({ severity }: Diagnostic): boolean => severity === "error"

/** Errors that tell of executions: whoever plays the fleet sees them happen. */
const verdicts: ReadonlySet<string> = new Set(["unsatisfiable-join", "never-ends", "unbounded-loop"])
