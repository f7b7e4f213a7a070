/**
 * The grammar of values: expressions, texts and types (language.md 4). Expressions come out of the grammar flat and are folded by
 * precedence afterwards, which keeps the call stack short.
 */
import { EmbeddedActionsParser, tokenMatcher, type IToken, type TokenType } from "chevrotain"
import type * as ast from "./ast.ts"
import { once, type Alternatives } from "./alternatives.ts"
import { expectations } from "./expectations.ts"
import { foldExpression, type Operator, type Piece } from "./fold.ts"
import { literalOf } from "./literals.ts"
import { spanOf, type Origin } from "./origin.ts"
import { pluginNameWithHoles, typeInEnum } from "./problems.ts"
import * as t from "./tokens.ts"
import { isTypeName } from "./type-names.ts"
import type { Span } from "../diagnostics/span.ts"

const everyToken = (): Array<TokenType> => Object.values(t).filter((value): value is TokenType => typeof value === "object" && "tokenTypeIdx" in value)

export const tokenEnd = (token: IToken): number => token.startOffset + token.image.length

/** What is read of a value: a field or an item of it. */
type Access = Omit<ast.FieldExpr, "target" | "span"> | Omit<ast.IndexExpr, "target" | "span">

export abstract class ValueGrammar extends EmbeddedActionsParser {
  protected origin: Origin = { text: "", at: (offset) => offset, file: "", problems: [] }

  constructor() {
    super(everyToken(), { maxLookahead: 1, skipValidations: true, recoveryEnabled: false, errorMessageProvider: expectations })
  }

  /** Sets what the next call of a rule reads. */
  read(origin: Origin, tokens: Array<IToken>): void {
    this.input = tokens
    this.origin = origin
  }

  protected next(type: TokenType, howFar = 1): boolean {
    return tokenMatcher(this.LA(howFar), type)
  }

  // ---- where things stand ------------------------------------------------------------------------------------------------

  protected span(first: IToken, last: IToken = first): Span {
    return spanOf(this.origin, first.startOffset, tokenEnd(last))
  }
  /** From a token to the last one consumed. */
  protected spanFrom(first: IToken): Span {
    return this.span(first, this.LA(0))
  }
  protected name(token: IToken): ast.Name {
    return { text: token.image, span: this.span(token) }
  }
  protected int(token: IToken): ast.IntLiteral {
    return { value: Number(token.image), span: this.span(token) }
  }
  protected durationOf(token: IToken): ast.DurationLiteral {
    return literalOf(token, this.span(token), this.origin) as ast.DurationLiteral
  }

  protected plainText(template: ast.Template): ast.Name {
    if (template.parts.some((part) => part.kind === "hole")) this.origin.problems.push(pluginNameWithHoles(template.span))
    return { text: template.parts.map((part) => (part.kind === "text" ? part.text : "")).join(""), span: template.span }
  }

  protected readonly template = this.RULE("template", (): ast.Template => {
    const token = this.CONSUME(t.Text)
    return this.ACTION(() => token.payload as ast.Template)
  })

  // ---- expressions -------------------------------------------------------------------------------------------------------

  readonly expression = this.RULE("expression", (): ast.Expr => {
    const pieces: Array<Piece> = []
    this.SUBRULE1(this.operand, { ARGS: [pieces] })
    this.MANY(() => {
      const token = this.CONSUME(t.BinaryOperator)
      this.ACTION(() => pieces.push({ kind: "operator", ...this.operator(token) }))
      this.SUBRULE2(this.operand, { ARGS: [pieces] })
    })
    return this.ACTION(() => foldExpression(pieces))
  })

  private operator(token: IToken): Operator {
    return { op: token.image as Operator["op"], span: this.span(token) }
  }

  private readonly operand = this.RULE("operand", (pieces: Array<Piece>): void => {
    this.MANY(() => {
      const token = this.CONSUME(t.PrefixOperator)
      this.ACTION(() => pieces.push({ kind: "prefix", ...this.operator(token) }))
    })
    const value = this.SUBRULE(this.postfix)
    this.ACTION(() => pieces.push({ kind: "operand", value }))
  })

  private readonly postfix = this.RULE("postfix", (): ast.Expr => {
    const first = this.LA(1)
    let value = this.SUBRULE(this.primary)
    this.MANY(() => {
      const access = this.OR(this.accesses())
      this.ACTION(() => {
        value = { ...access, target: value, span: this.spanFrom(first) }
      })
    })
    return value
  })

  private readonly accesses = once((): Alternatives<Access> => ({ DEF: [{ ALT: () => this.SUBRULE(this.field) }, { ALT: () => this.SUBRULE(this.index) }] }))

  private readonly field = this.RULE("field", (): Access => {
    const dot = this.CONSUME(t.AnyDot)
    const name = this.CONSUME(t.AnyName)
    return this.ACTION(() => ({ kind: "field", name: this.name(name), optional: dot.tokenType === t.OptionalDot }))
  })

  private readonly index = this.RULE("index", (): Access => {
    this.CONSUME(t.LSquare)
    const index = this.SUBRULE(this.expression)
    this.CONSUME(t.RSquare)
    return { kind: "index", index }
  })

  private readonly primary = this.RULE("primary", (): ast.Expr => this.OR(this.values()))

  private readonly values = once((): Alternatives<ast.Expr> => ({
    ERR_MSG: "a value: a name, a text, a number, `[` … `]`, `{` … `}` or `(` … `)`",
    DEF: [
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => this.SUBRULE(this.template) },
      { ALT: () => this.SUBRULE(this.nameOrCall) },
      {
        ALT: () => {
          this.CONSUME(t.LParen)
          const inner = this.SUBRULE(this.expression)
          this.CONSUME(t.RParen)
          return inner
        },
      },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.record) },
    ],
  }))

  private readonly literal = this.RULE("literal", (): ast.Expr => {
    const token = this.OR(this.literals())
    return this.ACTION(() => literalOf(token, this.span(token), this.origin))
  })

  private readonly literals = once((): Alternatives<IToken> => ({
    DEF: [t.Integer, t.Decimal, t.Duration, t.Money, t.Percent, t.True, t.False, t.Null, t.Regex].map((type) => ({ ALT: () => this.CONSUME(type) })),
  }))

  private readonly nameOrCall = this.RULE("nameOrCall", (): ast.Expr => {
    const token = this.CONSUME(t.ExprName)
    const args: Array<ast.Expr> = []
    let called = false
    this.OPTION(() => {
      this.CONSUME(t.LParen)
      called = true
      this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.expression)) })
      this.CONSUME(t.RParen)
    })
    return this.ACTION((): ast.Expr => {
      const name = this.name(token)
      return called ? { kind: "call", callee: name, args, span: this.spanFrom(token) } : { kind: "name", name, span: name.span }
    })
  })

  private readonly list = this.RULE("list", (): ast.ListExpr => {
    const items: Array<ast.Expr> = []
    const first = this.CONSUME(t.LSquare)
    this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) })
    this.CONSUME(t.RSquare)
    return this.ACTION(() => ({ kind: "list", items, span: this.spanFrom(first) }))
  })

  protected readonly record = this.RULE("record", (): ast.RecordExpr => {
    const entries: Array<{ readonly key: ast.Name; readonly value: ast.Expr }> = []
    const first = this.CONSUME(t.LCurly)
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const key = this.SUBRULE(this.key)
        this.CONSUME(t.Colon)
        const value = this.SUBRULE(this.expression)
        entries.push({ key, value })
      },
    })
    this.CONSUME(t.RCurly)
    return this.ACTION(() => ({ kind: "record", entries, span: this.spanFrom(first) }))
  })

  private readonly key = this.RULE("key", (): ast.Name => this.OR(this.keys()))

  private readonly keys = once((): Alternatives<ast.Name> => ({
    ERR_MSG: "a key such as `title`",
    DEF: [
      {
        ALT: () => {
          const token = this.CONSUME(t.AnyName)
          return this.ACTION(() => this.name(token))
        },
      },
      {
        ALT: () => {
          const text = this.SUBRULE(this.template)
          return this.ACTION(() => this.plainText(text))
        },
      },
    ],
  }))

  // ---- types -------------------------------------------------------------------------------------------------------------

  readonly type = this.RULE("type", (): ast.TypeAst => {
    const first = this.LA(1)
    let value = this.OR(this.kindsOfTypes())
    this.OPTION(() => {
      this.CONSUME(t.Question)
      this.ACTION(() => {
        value = { kind: "maybe", type: value, span: this.spanFrom(first) }
      })
    })
    return value
  })

  private readonly kindsOfTypes = once((): Alternatives<ast.TypeAst> => ({
    ERR_MSG: "a type such as `string`, `approve | changes`, `[string]` or `{ title: string }`",
    DEF: [
      { ALT: () => this.SUBRULE(this.enumOrName) },
      {
        ALT: () => {
          const first = this.CONSUME(t.LSquare)
          const item = this.SUBRULE(this.type)
          this.CONSUME(t.RSquare)
          return this.ACTION(() => ({ kind: "list", item, span: this.spanFrom(first) }))
        },
      },
      { ALT: () => this.SUBRULE(this.recordType) },
    ],
  }))

  private readonly enumOrName = this.RULE("enumOrName", (): ast.TypeAst => {
    const first = this.LA(1)
    const values: Array<ast.Name> = []
    this.AT_LEAST_ONE_SEP({ ERR_MSG: "a value such as `approve`", SEP: t.Bar, DEF: () => values.push(this.SUBRULE(this.enumValue)) })
    return this.ACTION((): ast.TypeAst => {
      const span = this.spanFrom(first)
      // what was meant by it is not known
      if (this.refuseTypesInEnum(values)) return { kind: "named", name: { text: "json", span }, span }
      return values.length === 1 && !tokenMatcher(first, t.Text) ? { kind: "named", name: values[0]!, span } : { kind: "enum", values, span }
    })
  })

  /** `string | null` is no enum of the words "string" and "null"; in quotes they would be. */
  private refuseTypesInEnum(values: ReadonlyArray<ast.Name>): boolean {
    const words = values.filter((value) => isTypeName(value.text) && value.span.end - value.span.start === value.text.length)
    const word = words.find((value) => value.text === "null") ?? words[0]
    if (values.length === 1 || word === undefined) return false
    this.origin.problems.push(typeInEnum(word))
    return true
  }

  private readonly enumValue = this.RULE("enumValue", (): ast.Name => this.OR(this.enumValues()))

  private readonly enumValues = once((): Alternatives<ast.Name> => ({
    ERR_MSG: "a value such as `approve`",
    DEF: [
      ...[t.AnyName, t.Integer, t.Duration].map((type) => ({
        ALT: () => {
          const token = this.CONSUME(type)
          return this.ACTION(() => this.name(token))
        },
      })),
      {
        ALT: () => {
          const text = this.SUBRULE(this.template)
          return this.ACTION(() => this.plainText(text))
        },
      },
    ],
  }))

  private readonly recordType = this.RULE("recordType", (): ast.RecordType => {
    const fields: Array<ast.RecordType["fields"][number]> = []
    const first = this.CONSUME(t.LCurly)
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.SUBRULE(this.key)
        this.CONSUME(t.Colon)
        const type = this.SUBRULE(this.type)
        this.ACTION(() => fields.push(type.kind === "maybe" ? { name, type: type.type, optional: true } : { name, type, optional: false }))
      },
    })
    this.CONSUME(t.RCurly)
    return this.ACTION(() => ({ kind: "record", fields, open: false, span: this.spanFrom(first) }))
  })
}
