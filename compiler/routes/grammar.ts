/**
 * The grammar of statements (language.md 3), whole: what a rule is made of stands in the grammars that this one extends. On one token of
 * lookahead; the few places that need a second one say so with a gate. The parser stops at the first mistake: whoever calls it hands it
 * one statement at a time (see `parse.ts`), so a mistake costs one rule.
 */
import type { IToken } from "chevrotain"
import type * as ast from "./ast.ts"
import * as t from "./tokens.ts"
import { anEvent, TriggerGrammar } from "./trigger-grammar.ts"

export class Grammar extends TriggerGrammar {
  constructor() {
    super()
    this.performSelfAnalysis()
  }

  readonly statement = this.RULE("statement", (): ast.Let | ast.Rule =>
    this.OR({
      ERR_MSG: "`on` or `let`, which begin a statement",
      DEF: [{ ALT: (): ast.Let | ast.Rule => this.SUBRULE(this.rule) }, { ALT: () => this.SUBRULE(this.letStatement) }],
    }),
  )

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
    const cases: Array<ast.Case> = []
    const form = this.OR({
      ERR_MSG: "`->` and an action, `when`, or cases in `{ }`",
      DEF: [
        {
          ALT: (): ast.Rule["form"] => {
            this.CONSUME(t.LCurly)
            this.AT_LEAST_ONE({ ERR_MSG: "`when` or `otherwise`", DEF: () => cases.push(this.SUBRULE(this.oneCase)) })
            this.CONSUME(t.RCurly)
            return "cases"
          },
        },
        {
          ALT: (): ast.Rule["form"] => {
            let guard: ast.Expr | undefined
            let start: IToken | undefined
            this.OPTION(() => {
              start = this.CONSUME(t.When)
              guard = this.SUBRULE(this.expression)
            })
            const arrow = this.CONSUME(t.Arrow)
            const action = this.SUBRULE(this.action)
            this.ACTION(() => cases.push({ ...(guard && { guard }), action, span: this.spanFrom(start ?? arrow) }))
            return "arrow"
          },
        },
      ],
    })
    return this.ACTION(() => ({ kind: "rule", triggers, cases, form, span: this.spanFrom(first) }))
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
