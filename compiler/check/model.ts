/** What the stages of checking hand to each other. */
import type { Span } from "../diagnostics/index.ts"
import type { FleetDocument, Spanned } from "../document/index.ts"
import type { Expr, Json, Type } from "../ir/model.ts"
import type { Expr as ExprAst, Let, Rule, Template } from "../routes/index.ts"
import type { RuleText } from "../source/index.ts"

/** The text of a file that went into the fleet; `path` is relative to the fleet file's folder. */
export interface SourceText {
  readonly path: string
  readonly text: string
}

/** A document with every text in it parsed. CAP routes are rules like the others. */
export interface ParsedFleet {
  readonly document: FleetDocument
  readonly task?: { readonly template: Template; readonly file?: string }
  readonly inputs: ReadonlyArray<ParsedInput>
  readonly lets: ReadonlyArray<Let>
  /** in file order, which is the order in which they fire */
  readonly rules: ReadonlyArray<Rule>
  /** type of what a session ends with; sessions without `output` are absent */
  readonly outputTypes: ReadonlyMap<string, OutputType>
  readonly outputs: ReadonlyArray<{ readonly name: Spanned<string>; readonly value: ExprAst }>
  /** names of lets and gates in rules that could not be read: who uses one makes no mistake */
  readonly lostNames: ReadonlySet<string>
  /** some route, or a part of it, was refused as it was read, so what it would have started or used is not known */
  readonly refusedRoutes: boolean
  /** the scalars in which rules are written, each once */
  readonly ruleTexts: ReadonlyArray<RuleText>
  /** files besides the fleet file that were read */
  readonly files: ReadonlyArray<SourceText>
}

export interface OutputType {
  readonly type: Type
  /** the JSON Schema that the author wrote */
  readonly schema?: Json
}

export interface ParsedInput {
  readonly name: Spanned<string>
  readonly type: Type
  readonly schema?: Json
  readonly default?: { readonly value: Json; readonly span: Span }
  readonly description?: string
}

/** Every name of a fleet and what it stands for. */
export interface Symbols {
  readonly sessions: ReadonlySet<string>
  /** sessions that a `for` fans out */
  readonly instances: ReadonlySet<string>
  readonly gates: ReadonlyMap<string, Span>
  readonly inputs: ReadonlySet<string>
  readonly lets: ReadonlyMap<string, Let>
  /** see `ParsedFleet` */
  readonly lost: ReadonlySet<string>
  /** names by which the fleet's own plugins are known */
  readonly plugins: ReadonlySet<string>
}

/** Expressions with their names resolved, by the tree they were written as; what did not resolve is absent, and was reported. */
export interface ResolvedExpressions {
  readonly of: Lookup<ExprAst, Expr>
  readonly spans: Lookup<Expr, Span>
  /** of `a.b`, the word `b` */
  readonly fieldSpans: Lookup<Expr, Span>
}

export type Lookup<Key, Value> = Pick<ReadonlyMap<Key, Value>, "get" | "has">

export interface Store<Key, Value> extends Lookup<Key, Value> {
  readonly set: (key: Key, value: Value) => unknown
}
