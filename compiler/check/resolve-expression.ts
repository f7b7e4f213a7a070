/** From the expression as written to the tree of the IR: every name looked up, every literal decoded. */
import { didYouMean, diagnose, quotedList, type Diagnostic, type Span } from "../diagnostics/index.ts"
import { functionNames, type Expr } from "../ir/model.ts"
import type { Expr as ExprAst, FieldExpr, Name, NameExpr } from "../routes/index.ts"
import type { Store, Symbols } from "./model.ts"
import { fleetProperties, oneOfThem, sessionProperties } from "./vocabulary.ts"

export interface Scope {
  readonly symbols: Symbols
  /** `for` names */
  readonly variables: ReadonlyMap<string, unknown>
  /** lets that may be used here: all in rules, in a let those before it */
  readonly lets: ReadonlySet<string>
}

type Spans = Store<Expr, Span>

/** Resolves one expression; undefined when some name in it is unknown. Where its nodes stand goes to `spans`. */
export class ExpressionResolver {
  readonly problems: Array<Diagnostic> = []
  readonly #spans: Spans
  /** of `a.b`, the word `b` */
  readonly #fieldSpans: Spans
  /** names that some expression used since this was emptied */
  used: { readonly lets: Set<string>; readonly inputs: Set<string> } = { lets: new Set(), inputs: new Set() }

  constructor(spans: Spans, fieldSpans: Spans) {
    this.#spans = spans
    this.#fieldSpans = fieldSpans
  }

  resolve(expression: ExprAst, scope: Scope): Expr | undefined {
    const resolved = this.#node(expression, scope)
    if (resolved !== undefined) {
      this.#spans.set(resolved, expression.span)
      if (expression.kind === "field") this.#fieldSpans.set(resolved, expression.name.span)
    }
    return resolved
  }

  #node(expression: ExprAst, scope: Scope): Expr | undefined {
    switch (expression.kind) {
      case "null":
        return { op: "literal", kind: "null", value: null }
      case "boolean":
        return { op: "literal", kind: "boolean", value: expression.value }
      case "number":
        return { op: "literal", kind: expression.integer ? "integer" : "number", value: expression.value }
      case "duration":
        return { op: "literal", kind: "duration", value: expression.ms }
      case "money":
        return { op: "literal", kind: "money", value: expression.usd }
      case "percent":
        return { op: "literal", kind: "percent", value: expression.value }
      case "regex":
        return { op: "regex", source: expression.source }
      case "template":
        return this.#template(expression, scope)
      case "list": {
        const items = this.#all(expression.items, scope)
        return items && { op: "list", items }
      }
      case "record": {
        const values = this.#all(
          expression.entries.map(({ value }) => value),
          scope,
        )
        this.#sameKeys(expression.entries.map(({ key }) => key))
        return values && { op: "record", entries: expression.entries.map(({ key }, at) => ({ key: key.text, value: values[at] ?? nothing })) }
      }
      case "name":
        return this.#name(expression, scope)
      case "field":
        return this.#field(expression, scope)
      case "index": {
        const [object, index] = this.#all([expression.target, expression.index], scope) ?? []
        return object && index && { op: "index", object, index }
      }
      case "call":
        return this.#call(expression.callee, expression.args, scope)
      case "unary": {
        const operand = this.resolve(expression.operand, scope)
        return operand && { op: expression.op === "not" ? "not" : "negate", operand }
      }
      case "binary": {
        const [left, right] = this.#all([expression.left, expression.right], scope) ?? []
        return left && right && { op: "binary", operator: expression.op, left, right }
      }
    }
  }

  /** What stands twice has one value only, and nobody sees which. */
  #sameKeys(keys: ReadonlyArray<Name>): void {
    const first = new Map<string, Name>()
    for (const key of keys) {
      const before = first.get(key.text)
      if (before === undefined) first.set(key.text, key)
      else this.problems.push(diagnose("duplicate-key", key.span, { key: key.text }, { related: [{ span: before.span, message: "first written here" }] }))
    }
  }

  /** All of them, each looked at even when an earlier one did not resolve. */
  #all(expressions: ReadonlyArray<ExprAst>, scope: Scope): ReadonlyArray<Expr> | undefined {
    const resolved = expressions.flatMap((each) => this.resolve(each, scope) ?? [])
    return resolved.length === expressions.length ? resolved : undefined
  }

  #template({ parts }: ExprAst & { readonly kind: "template" }, scope: Scope): Expr | undefined {
    const texts = parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))
    if (texts.length === parts.length) return { op: "literal", kind: "string", value: texts.join("") }
    const resolved = parts.flatMap((part): ReadonlyArray<string | Expr> => {
      if (part.kind === "text") return [part.text]
      const value = this.resolve(part.value, scope)
      return value === undefined ? [] : [value]
    })
    return resolved.length === parts.length ? { op: "template", parts: resolved } : undefined
  }

  #call(callee: Name, args: ReadonlyArray<ExprAst>, scope: Scope): Expr | undefined {
    const resolved = this.#all(args, scope)
    const name = oneOfThem(callee.text, functionNames)
    if (name !== undefined) return resolved && { op: "call", function: name, arguments: resolved }
    const expected = { name: callee.text, expected: quotedList(functionNames) }
    this.problems.push(diagnose("unknown-function", callee.span, expected, didYouMean(callee.text, callee.span, functionNames)))
    return undefined
  }

  #name({ name }: NameExpr, scope: Scope): Expr | undefined {
    const { symbols } = scope
    if (scope.variables.has(name.text)) return { op: "variable", name: name.text }
    if (scope.lets.has(name.text)) {
      this.used.lets.add(name.text)
      return { op: "let", name: name.text }
    }
    if (symbols.lets.has(name.text)) {
      this.used.lets.add(name.text)
      this.problems.push(diagnose("unknown-name:before-let", name.span, { name: name.text }))
      return undefined
    }
    if (symbols.lost.has(name.text) && !symbols.sessions.has(name.text)) return undefined
    const roots: { readonly [root: string]: string } = { inputs: "inputs.<name>", fleet: "fleet.cost", human: "human.selection" }
    const example = Object.hasOwn(roots, name.text) ? roots[name.text] : symbols.sessions.has(name.text) ? `${name.text}.output` : undefined
    const known = [...scope.variables.keys(), ...scope.lets, ...symbols.sessions, ...Object.keys(roots)]
    const more = example === undefined ? didYouMean(name.text, name.span, known) : { help: `"${name.text}" alone is no value: write for example ${example}` }
    this.problems.push(diagnose("unknown-name", name.span, { name: name.text }, more))
    return undefined
  }

  #field(expression: FieldExpr, scope: Scope): Expr | undefined {
    const { target, name, optional } = expression
    if (target.kind === "name" && !scope.variables.has(target.name.text) && !scope.symbols.lets.has(target.name.text)) {
      const root = target.name.text
      if (root === "inputs") return this.#input(name, scope)
      if (root === "fleet") {
        const property = this.#property("fleet", name, fleetProperties)
        return property && { op: "fleet", property }
      }
      if (root === "human") return this.#property("human", name, ["selection"]) && { op: "human" }
      if (scope.symbols.sessions.has(root)) {
        const property = this.#property(`session "${root}"`, name, sessionProperties)
        return property && { op: "session", session: root, property }
      }
    }
    const object = this.resolve(target, scope)
    return object && { op: "member", object, field: name.text, safe: optional }
  }

  #input(name: Name, { symbols }: Scope): Expr | undefined {
    if (symbols.inputs.has(name.text)) {
      this.used.inputs.add(name.text)
      return { op: "input", name: name.text }
    }
    this.#property("inputs", name, [...symbols.inputs])
    return undefined
  }

  #property<T extends string>(owner: string, name: Name, legal: ReadonlyArray<T>): T | undefined {
    const property = oneOfThem(name.text, legal)
    if (property !== undefined) return property
    const problem =
      legal.length === 0
        ? diagnose("unknown-field:no-inputs", name.span, { name: name.text }, { help: `declare it: inputs: { ${name.text}: string }` })
        : diagnose("unknown-field", name.span, { name: name.text, owner, expected: quotedList(legal) }, didYouMean(name.text, name.span, legal))
    this.problems.push(problem)
    return undefined
  }
}

const nothing: Expr = { op: "literal", kind: "null", value: null }
