/** Document to parsed fleet: every template, expression, type and rule text in it is read, each problem where it stands. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import { limits, type FleetDocument, type TaskSource } from "../document/index.ts"
import type { Json } from "../ir/model.ts"
import { readWritten } from "../ir/parse-input.ts"
import { parseExpression, parseRoutes, parseTemplate, type Let, type Rule, type Template } from "../routes/index.ts"
import { plainValue } from "../routes/schema-type.ts"
import type { RuleText, ScalarNode } from "../source/index.ts"
import { ruleOfCapRoute } from "./cap-rules.ts"
import { Recent } from "../memory/recent.ts"
import type { Statements } from "../memory/statements.ts"
import { FileReader } from "./file-reader.ts"
import type { OutputType, ParsedFleet, ParsedInput } from "./model.ts"
import { readKnownType, type KnownTypes } from "./read-types.ts"

/** Parts of a default or of a plugin's configuration; aliases can make a small file a huge value. */
export const maxValueParts = 10_000

/** What is remembered of texts that were read before. */
export interface KnownTexts {
  readonly types: KnownTypes
  readonly statements?: Statements
}

export const parseFleet = (
  document: FleetDocument,
  open: (path: string) => string | undefined,
  memory: KnownTexts = { types: new Recent<string, OutputType>() },
): { readonly fleet: ParsedFleet; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const problems: Array<Diagnostic> = []
  const reader = new FileReader(open)
  const task = document.task && readTask(document.task, reader, problems)
  const inputs = readInputs(document, reader, problems, memory)
  const outputTypes = readOutputTypes(document, reader, problems, memory)
  const routes = readRoutes(document, problems, memory)
  const outputs = document.outputs.flatMap(({ name, expression }) => {
    const value = collect(problems, parseExpression(expression.text, expression.offsets(), document.file))
    return value === undefined ? [] : [{ name, value }]
  })
  const fleet = { document, ...(task && { task }), inputs, outputTypes, outputs, ...routes, files: reader.files }
  return { fleet, diagnostics: problems }
}

const collect = <A>(problems: Array<Diagnostic>, parsed: { readonly value: A; readonly diagnostics: ReadonlyArray<Diagnostic> }): A => {
  for (const each of parsed.diagnostics) problems.push(each)
  return parsed.value
}

const readTask = (task: TaskSource, files: FileReader, problems: Array<Diagnostic>): { readonly template: Template; readonly file?: string } | undefined => {
  if (task.kind === "template") return { template: collect(problems, parseTemplate(task.text.text, task.text.offsets(), task.span.file)) }
  const text = files.read(task.path)
  if (text === undefined) {
    problems.push(diagnose("invalid-value", task.span, { what: "task", value: task.path, expected: "a file that can be read, relative to the fleet file" }))
    return undefined
  }
  return {
    template: collect(
      problems,
      parseTemplate(text, (offset) => offset, task.path),
    ),
    file: task.path,
  }
}

const readInputs = (document: FleetDocument, files: FileReader, problems: Array<Diagnostic>, { types }: KnownTexts): ReadonlyArray<ParsedInput> =>
  document.inputs.map((input): ParsedInput => {
    const read = readKnownType(input.type, files, types)
    for (const each of read.diagnostics) problems.push(each)
    const plain = input.default && plainValue(input.default, maxValueParts)
    const value = plain === undefined ? undefined : readWritten(read.value?.type ?? { kind: "json" }, plain as Json)
    return {
      name: input.name,
      type: read.value?.type ?? { kind: "json" },
      ...(read.value?.schema !== undefined && { schema: read.value.schema }),
      ...(input.default && value !== undefined && { default: { value, span: input.default.span } }),
      ...(input.description && { description: input.description.value }),
    }
  })

/** A type that stands in `defaults` is read once, however many sessions have it. */
const readOutputTypes = (document: FleetDocument, files: FileReader, problems: Array<Diagnostic>, memory: KnownTexts): ReadonlyMap<string, OutputType> => {
  const byNode = new Map<unknown, OutputType>()
  const types = new Map<string, OutputType>()
  for (const { id, settings } of document.sessions) {
    if (settings.output === undefined) continue
    let type = byNode.get(settings.output)
    if (type === undefined) {
      const read = readKnownType(settings.output, files, memory.types)
      for (const each of read.diagnostics) problems.push(each)
      type = read.value ?? { type: { kind: "json" } }
      byNode.set(settings.output, type)
    }
    types.set(id.value, type)
  }
  return types
}

const readRoutes = (
  document: FleetDocument,
  problems: Array<Diagnostic>,
  { statements }: KnownTexts,
): Pick<ParsedFleet, "lets" | "rules" | "lostNames" | "refusedRoutes" | "ruleTexts"> => {
  const lets: Array<Let> = []
  const rules: Array<Rule> = []
  const ruleTexts = new Map<ScalarNode, RuleText>()
  const lostNames = new Set<string>()
  let isWhole = document.routes.every(({ kind }) => kind !== "refused")
  for (const route of document.routes) {
    if (route.kind === "refused") continue
    if (route.kind === "cap") {
      rules.push(ruleOfCapRoute(route))
      continue
    }
    const { program, diagnostics } = parseRoutes(route.text.text, route.text.offsets(), document.file, statements?.of(route.text))
    ruleTexts.set(route.text, { node: route.text, comments: program.comments })
    for (const each of diagnostics) problems.push(each)
    if (diagnostics.length > 0) isWhole = false
    for (const name of program.lost) lostNames.add(name)
    for (const statement of program.statements) {
      if (statement.kind === "let") lets.push(statement)
      else rules.push(statement)
    }
  }
  const excess = rules[limits.routes]
  if (excess !== undefined && document.routes.length <= limits.routes)
    problems.push(diagnose("limit-exceeded", excess.span, { what: "routes", found: rules.length, limit: limits.routes }))
  return {
    lets,
    rules: rules.slice(0, limits.routes),
    lostNames,
    refusedRoutes: !isWhole,
    ruleTexts: [...ruleTexts.values()],
  }
}
