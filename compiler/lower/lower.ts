/** A checked fleet as IR: names resolved, defaults filled in, expressions typed. The bytes depend on nothing but the sources. */
import { defined } from "../document/section.ts"
import type { LlmRouting } from "../document/index.ts"
import { hashOf, sha256Hex, type Claims, type Expression, type Ir, type PluginUse } from "../ir/index.ts"
import type { Expr as ExprAst } from "../routes/index.ts"
import { declaredConfig } from "../check/apply-manifests.ts"
import type { DriverDescription } from "../check/builtin-plugins.ts"
import type { ParsedFleet, SourceText, Symbols } from "../check/model.ts"
import type { TypedExpressions } from "../check/types.ts"
import { lowerRules } from "./lower-rules.ts"
import type { LoweredSessions } from "../memory/lowered-sessions.ts"
import { lowerBudget, lowerSessions } from "./lower-sessions.ts"
import { lowerPlugins, lowerUse, usesOfRules } from "./plugin-uses.ts"
import { sourceSpans } from "./source-spans.ts"

export const compilerVersion = "0.1.0"

export interface Checked {
  readonly fleet: ParsedFleet
  readonly symbols: Symbols
  readonly types: TypedExpressions
  readonly drivers: ReadonlyArray<DriverDescription>
  /** the fleet file first; where there are none, nothing says where it stands */
  readonly sources: ReadonlyArray<SourceText>
  /** sessions that were lowered before without places */
  readonly known?: LoweredSessions
}

/** The IR but for what is known last: what was proved of it, and the hashes. */
export type Lowered = Omit<Ir, "sources" | "claims" | "hash">

/** `checked` has no errors. */
export const lower = (checked: Checked): Lowered => {
  const { fleet, symbols, types, sources, drivers, known } = checked
  const { document } = fleet
  const span = sourceSpans(sources)
  const expression = (root: ExprAst): Expression => {
    const typed = types.get(root)
    if (typed === undefined) throw new Error("an expression of a checked fleet has no type")
    const place = span(root.span)
    return place === undefined ? typed : { expr: typed.expr, type: typed.type, span: place }
  }
  const sessions = lowerSessions({ fleet, drivers, instances: symbols.instances, span }, known)
  const rules = lowerRules(fleet.rules, {
    expression,
    span,
    declared: (plugin) => declaredConfig(document, plugin),
    instances: symbols.instances,
    sessions: symbols.sessions,
  })
  const policies = document.policies.map(lowerUse)
  const sinks = document.sinks.map(lowerUse)
  const mode = withLlm(lowerUse(document.mode), document.llm)
  const uses = [mode, ...policies, ...sinks, ...usesOfRules(rules), ...sessions.flatMap((session) => [session.driver, session.workspace, ...session.policies])]
  return defined({
    irVersion: 1 as const,
    compiler: compilerVersion,
    fleet: defined({
      name: document.name.value,
      baseBranch: document.baseBranch?.value,
      task: fleet.task && expression(fleet.task.template),
      taskFile: fleet.task?.file,
    }),
    inputs: fleet.inputs.map((input) =>
      defined({ name: input.name.value, type: input.type, schema: input.schema, default: input.default?.value, description: input.description }),
    ),
    sessions,
    start: document.start.map(({ value }) => value),
    lets: fleet.lets.map(({ name, value }) => ({ name: name.text, value: expression(value) })),
    rules,
    outputs: fleet.outputs.map(({ name, value }) => ({ name: name.value, value: expression(value) })),
    plugins: lowerPlugins(
      document,
      uses.map(({ use }) => use),
      drivers,
    ),
    policies,
    sinks,
    mode,
    budget: lowerBudget(document.budget),
    limits: defined({ parallel: document.limits.parallel.value, outputChars: document.limits.outputChars?.value }),
  })
}

/** The finished IR. `sources`: the fleet file first. */
export const seal = (lowered: Lowered, sources: ReadonlyArray<SourceText>, claims: Claims): Ir => {
  const hashed = sources.map(({ path, text }, at) => ({ path: at === 0 ? fileName(path) : path, sha256: sha256Hex(text) }))
  const ir = { ...lowered, sources: hashed, claims }
  return { ...ir, hash: hashOf(ir) }
}

/** Paths are relative to the fleet file's folder, wherever that is on this machine. */
const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path

/** CAP's `llm` section is the configuration of its routing plugin. */
const withLlm = (mode: PluginUse, llm: LlmRouting | undefined): PluginUse => {
  if (llm === undefined) return mode
  const given = defined({
    command: llm.command?.map(({ value }) => value),
    system_prompt: llm.systemPrompt?.value,
    timeout_ms: llm.timeout?.value,
    max_decisions: llm.maxDecisions?.value,
    max_context_chars: llm.maxContextChars?.value,
  })
  return { use: mode.use, with: { ...(isObject(mode.with) && mode.with), ...given } }
}

const isObject = (value: PluginUse["with"]): value is { readonly [key: string]: never } => typeof value === "object" && value !== null && !Array.isArray(value)
