/**
 * The grammar of statements (language.md 3), whole: what a rule is made of stands in the grammars that this one extends. On one token of
 * lookahead; the few places that need a second one say so with a gate. The parser stops at the first mistake: whoever calls it hands it
 * one statement at a time (see `parse.ts`), so a mistake costs one rule.
 */
import { once, type Alternatives } from "./alternatives.ts"
import type * as ast from "./ast.ts"
import * as t from "./tokens.ts"
import { anEvent, TriggerGrammar } from "./trigger-grammar.ts"

type Body = Pick<ast.Rule, "cases" | "form">

export class Grammar extends TriggerGrammar {
  constructor() {
    super()
    this.performSelfAnalysis()
  }

  readonly statement = this.RULE("statement", (): ast.Let | ast.Rule => this.OR(this.statements()))

  private readonly statements = once((): Alternatives<ast.Let | ast.Rule> => ({
    ERR_MSG: "`on` or `let`, which begin a statement",
    DEF: [{ ALT: () => this.SUBRULE(this.rule) }, { ALT: () => this.SUBRULE(this.letStatement) }],
  }))

  private readonly letStatement = this.RULE("letStatement", (): ast.Let => {
    const first = this.CONSUME(t.LetWord)
    const name = this.CONSUME(t.AnyName)
    this.CONSUME(t.Equals)
    const value = this.SUBRULE(this.expression)
    return this.ACTION(() => ({ kind: "let", name: this.name(name), value, span: this.spanFrom(first) }))
  })

  private readonly rule = this.RULE("rule", (): ast.Rule => {
    const first = this.CONSUME(t.On)
    const triggers: Array<ast.Trigger> = []
    this.AT_LEAST_ONE_SEP({ ERR_MSG: anEvent, SEP: t.Comma, DEF: () => triggers.push(this.SUBRULE(this.trigger)) })
    const body = this.OR(this.bodies())
    return this.ACTION(() => ({ kind: "rule", triggers, ...body, span: this.spanFrom(first) }))
  })

  private readonly bodies = once((): Alternatives<Body> => ({
    ERR_MSG: "`->` and an action, `when`, or cases in `{ }`",
    DEF: [{ ALT: () => this.SUBRULE(this.caseList) }, { ALT: () => this.SUBRULE(this.arrow) }],
  }))

  private readonly caseList = this.RULE("cases", (): Body => {
    const cases: Array<ast.Case> = []
    this.CONSUME(t.LCurly)
    this.AT_LEAST_ONE({ ERR_MSG: "`when` or `otherwise`", DEF: () => cases.push(this.SUBRULE(this.oneCase)) })
    this.CONSUME(t.RCurly)
    return { cases, form: "cases" }
  })

  private readonly arrow = this.RULE("arrow", (): Body => {
    const first = this.LA(1)
    let guard: ast.Expr | undefined
    this.OPTION(() => {
      this.CONSUME(t.When)
      guard = this.SUBRULE(this.expression)
    })
    this.CONSUME(t.Arrow)
    const action = this.SUBRULE(this.action)
    return this.ACTION(() => ({ cases: [{ ...(guard && { guard }), action, span: this.spanFrom(first) }], form: "arrow" }))
  })

  private readonly oneCase = this.RULE("case", (): ast.Case => {
    let guard: ast.Expr | undefined
    const first = this.LA(1)
    this.OR({
      ERR_MSG: "`when` or `otherwise`",
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.When)
            guard = this.SUBRULE(this.expression)
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Otherwise)
          },
        },
      ],
    })
    this.CONSUME(t.Arrow)
    const action = this.SUBRULE(this.action)
    return this.ACTION(() => ({ ...(guard && { guard }), action, span: this.spanFrom(first) }))
  })
}
