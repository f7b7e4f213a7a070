/**
 * The grammar of values: expressions, texts and types (language.md 4). Expressions come out of the grammar flat and are folded by
 * precedence afterwards, which keeps the call stack short.
 */
import type * as ast from "./ast.ts"
import { foldExpression, type Operator, type Piece } from "./fold.ts"
import { literalOf } from "./literals.ts"
import { pluginNameWithHoles, typeInEnum } from "./problems.ts"
import { TokenReader } from "./token-reader.ts"
import * as t from "./tokens.ts"
import { isTypeName } from "./type-names.ts"

export class ValueGrammar extends TokenReader {
  protected durationOf(token: t.Token): ast.DurationLiteral {
    return literalOf(token, this.span(token), this.origin) as ast.DurationLiteral
  }

  protected template(): ast.Template {
    const { template } = this.take(t.Text)
    // texts are parsed before the statement that they stand in
    if (template === undefined) throw new Error("a text was not prepared")
    return template
  }

  /** A word, or the same in quotes. */
  protected nameOrText(expected: string): ast.Name {
    if (this.is(t.AnyName)) return this.name(this.take(t.AnyName))
    if (!this.is(t.Text)) return this.fail(expected)
    const { parts, span } = this.template()
    if (parts.some((part) => part.kind === "hole")) this.origin.problems.push(pluginNameWithHoles(span))
    return { text: parts.map((part) => (part.kind === "text" ? part.text : "")).join(""), span }
  }

  // ---- expressions -------------------------------------------------------------------------------------------------------

  expression(): ast.Expr {
    const pieces: Array<Piece> = []
    this.operand(pieces)
    while (this.is(t.BinaryOperator)) {
      pieces.push({ kind: "operator", ...this.operator(t.BinaryOperator) })
      this.operand(pieces)
    }
    return foldExpression(pieces)
  }

  private operator(type: t.TokenType): Operator {
    const token = this.take(type)
    return { op: token.image as Operator["op"], span: this.span(token) }
  }

  private operand(pieces: Array<Piece>): void {
    while (this.is(t.PrefixOperator)) pieces.push({ kind: "prefix", ...this.operator(t.PrefixOperator) })
    pieces.push({ kind: "operand", value: this.postfix() })
  }

  private postfix(): ast.Expr {
    const first = this.next()
    let value = this.primary()
    for (;;) {
      const optional = this.is(t.OptionalDot)
      if (optional || this.is(t.Dot)) {
        this.take(optional ? t.OptionalDot : t.Dot)
        const name = this.name(this.take(t.AnyName))
        value = { kind: "field", target: value, name, optional, span: this.spanFrom(first) }
      } else if (this.taken(t.LSquare)) {
        const index = this.expression()
        this.take(t.RSquare)
        value = { kind: "index", target: value, index, span: this.spanFrom(first) }
      } else return value
    }
  }

  private startsExpression(): boolean {
    const { type } = this.next()
    return (
      (type.classes & (t.Literal.bit | t.ExprName.bit | t.PrefixOperator.bit)) !== 0 ||
      type === t.Text || type === t.LParen || type === t.LSquare || type === t.LCurly
    )
  }

  private primary(): ast.Expr {
    if (this.is(t.Literal)) {
      const token = this.take(t.Literal)
      return literalOf(token, this.span(token), this.origin)
    }
    if (this.is(t.Text)) return this.template()
    if (this.is(t.ExprName)) return this.nameOrCall()
    if (this.taken(t.LParen)) {
      const inner = this.expression()
      this.take(t.RParen)
      return inner
    }
    if (this.is(t.LSquare)) return this.list()
    if (this.is(t.LCurly)) return this.record()
    return this.fail("a value: a name, a text, a number, `[` … `]`, `{` … `}` or `(` … `)`")
  }

  private nameOrCall(): ast.Expr {
    const token = this.take(t.ExprName)
    const name = this.name(token)
    if (!this.taken(t.LParen)) return { kind: "name", name, span: name.span }
    const args = this.startsExpression() ? this.several(() => this.expression()) : []
    this.take(t.RParen)
    return { kind: "call", callee: name, args, span: this.spanFrom(token) }
  }

  private list(): ast.ListExpr {
    const first = this.take(t.LSquare)
    const items = this.startsExpression() ? this.several(() => this.expression()) : []
    this.take(t.RSquare)
    return { kind: "list", items, span: this.spanFrom(first) }
  }

  /** `{ key: what follows it, … }` */
  private entries<A>(entry: (key: ast.Name) => A): Array<A> {
    this.take(t.LCurly)
    const one = (): A => {
      const key = this.nameOrText("a key such as `title`")
      this.take(t.Colon)
      return entry(key)
    }
    const entries = this.is(t.AnyName) || this.is(t.Text) ? this.several(one) : []
    this.take(t.RCurly)
    return entries
  }

  protected record(): ast.RecordExpr {
    const first = this.next()
    const entries = this.entries((key) => ({ key, value: this.expression() }))
    return { kind: "record", entries, span: this.spanFrom(first) }
  }

  // ---- types -------------------------------------------------------------------------------------------------------------

  type(): ast.TypeAst {
    const first = this.next()
    const type = this.plainType(first)
    return this.taken(t.Question) ? { kind: "maybe", type, span: this.spanFrom(first) } : type
  }

  private plainType(first: t.Token): ast.TypeAst {
    if (this.startsEnumValue()) return this.enumOrName(first)
    if (this.taken(t.LSquare)) {
      const item = this.type()
      this.take(t.RSquare)
      return { kind: "list", item, span: this.spanFrom(first) }
    }
    if (this.is(t.LCurly)) return this.recordType(first)
    return this.fail("a type such as `string`, `approve | changes`, `[string]` or `{ title: string }`")
  }

  private startsEnumValue(): boolean {
    return this.is(t.AnyName) || this.is(t.Integer) || this.is(t.Duration) || this.is(t.Text)
  }

  private enumOrName(first: t.Token): ast.TypeAst {
    const values = [this.enumValue()]
    while (this.taken(t.Bar)) values.push(this.enumValue())
    const span = this.spanFrom(first)
    this.refuseTypesInEnum(values)
    const [only] = values
    return values.length === 1 && only !== undefined && first.type !== t.Text ? { kind: "named", name: only, span } : { kind: "enum", values, span }
  }

  /** `string | null` is no enum of the words "string" and "null"; in quotes they would be. */
  private refuseTypesInEnum(values: ReadonlyArray<ast.Name>): void {
    const words = values.filter((value) => isTypeName(value.text) && value.span.end - value.span.start === value.text.length)
    const word = words.find((value) => value.text === "null") ?? words[0]
    if (values.length > 1 && word !== undefined) this.origin.problems.push(typeInEnum(word))
  }

  private enumValue(): ast.Name {
    for (const number of [t.Integer, t.Duration]) if (this.is(number)) return this.name(this.take(number))
    return this.nameOrText("a value such as `approve`")
  }

  private recordType(first: t.Token): ast.RecordType {
    const fields = this.entries((name): ast.RecordType["fields"][number] => {
      const type = this.type()
      return type.kind === "maybe" ? { name, type: type.type, optional: true } : { name, type, optional: false }
    })
    return { kind: "record", fields, open: false, span: this.spanFrom(first) }
  }
}
