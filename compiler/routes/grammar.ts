/**
 * The grammar of rules (language.md 3), on one token of lookahead; the few places that need a second one say so with a gate.
 * The parser stops at the first mistake: whoever calls it hands it one statement at a time (see `parse.ts`), so a mistake costs one rule.
 */
import { tokenMatcher, type IToken, type TokenType } from "chevrotain"
import type * as ast from "./ast.ts"
import { literalOf } from "./literals.ts"
import { duplicateModifier, misplacedArgument, missingArgument, unusableModifier } from "./problems.ts"
import * as t from "./tokens.ts"
import { ValueGrammar } from "./value-grammar.ts"

const anEvent = "an event such as `coder.done`, or a join such as `all(a.done, b.done)`"

type Modifier = { [K in keyof ast.Modifiers]-?: { readonly key: K; readonly value: NonNullable<ast.Modifiers[K]> } }[keyof ast.Modifiers]

export class Grammar extends ValueGrammar {
  constructor() {
    super()
    this.performSelfAnalysis()
  }

  private int(token: IToken): ast.IntLiteral {
    return { value: Number(token.image), span: this.span(token) }
  }
  private next(type: TokenType, howFar = 1): boolean {
    return tokenMatcher(this.LA(howFar), type)
  }

  // ---- statements --------------------------------------------------------------------------------------------------------

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

  // ---- triggers ----------------------------------------------------------------------------------------------------------

  private readonly trigger = this.RULE("trigger", (): ast.Trigger => {
    const first = this.LA(1)
    const join = this.SUBRULE(this.join)
    let within: ast.Trigger["within"]
    this.OPTION(() => {
      const start = this.CONSUME(t.Within)
      const duration = this.CONSUME(t.Duration)
      this.CONSUME(t.Otherwise)
      this.CONSUME(t.Arrow)
      const otherwise = this.SUBRULE(this.action)
      this.ACTION(() => {
        within = { duration: this.durationOf(duration), otherwise, span: this.spanFrom(start) }
      })
    })
    return this.ACTION(() => ({ join, ...(within && { within }), span: this.spanFrom(first) }))
  })

  private readonly join = this.RULE("join", (): ast.Join => {
    const first = this.LA(1)
    const called = (): boolean => this.next(t.LParen, 2)
    return this.OR({
      ERR_MSG: anEvent,
      DEF: [
        { GATE: called, ALT: (): ast.Join => this.group("all", first, () => this.CONSUME(t.All)) },
        { GATE: called, ALT: () => this.group("any", first, () => this.CONSUME(t.AnyWord)) },
        { GATE: called, ALT: () => this.group("race", first, () => this.CONSUME(t.Race)) },
        { GATE: called, ALT: () => this.SUBRULE(this.eachJoin) },
        { GATE: called, ALT: () => this.SUBRULE(this.everyEvent) },
        { GATE: () => this.next(t.Of, 2), ALT: () => this.SUBRULE(this.countJoin) },
        { ALT: () => this.SUBRULE(this.bracketJoin) },
        { ALT: () => this.SUBRULE(this.event) },
      ],
    })
  })

  private group(kind: "all" | "any" | "race", first: IToken, consume: () => void): ast.Join {
    consume()
    const members = kind === "all" ? this.SUBRULE1(this.members) : kind === "any" ? this.SUBRULE2(this.members) : this.SUBRULE3(this.members)
    return this.ACTION((): ast.Join => {
      const span = this.spanFrom(first)
      return kind === "all" ? { kind, members, bracketed: false, span } : { kind, members, span }
    })
  }

  private readonly members = this.RULE("members", (): Array<ast.Join> => {
    const members: Array<ast.Join> = []
    this.CONSUME(t.LParen)
    this.AT_LEAST_ONE_SEP({ ERR_MSG: anEvent, SEP: t.Comma, DEF: () => members.push(this.SUBRULE(this.join)) })
    this.CONSUME(t.RParen)
    return members
  })

  private readonly countJoin = this.RULE("countJoin", (): ast.CountJoin => {
    const count = this.CONSUME(t.Integer)
    this.CONSUME(t.Of)
    const members = this.SUBRULE(this.members)
    return this.ACTION(() => ({ kind: "count", count: this.int(count), members, span: this.spanFrom(count) }))
  })

  private readonly bracketJoin = this.RULE("bracketJoin", (): ast.AllJoin => {
    const members: Array<ast.Join> = []
    const first = this.CONSUME(t.LSquare)
    this.AT_LEAST_ONE_SEP({ ERR_MSG: anEvent, SEP: t.Comma, DEF: () => members.push(this.SUBRULE(this.join)) })
    this.CONSUME(t.RSquare)
    return this.ACTION(() => ({ kind: "all", members, bracketed: true, span: this.spanFrom(first) }))
  })

  private readonly eachJoin = this.RULE("eachJoin", (): ast.EachJoin => {
    const first = this.CONSUME(t.Each)
    this.CONSUME(t.LParen)
    const event = this.SUBRULE(this.event)
    this.CONSUME(t.RParen)
    return this.ACTION(() => ({ kind: "each", event, span: this.spanFrom(first) }))
  })

  private readonly everyEvent = this.RULE("everyEvent", (): ast.EveryEvent => {
    const first = this.CONSUME(t.Every)
    this.CONSUME(t.LParen)
    const interval = this.CONSUME(t.Duration)
    this.CONSUME(t.RParen)
    return this.ACTION(() => ({ kind: "every", interval: this.durationOf(interval), span: this.spanFrom(first) }))
  })

  private readonly event = this.RULE("event", (): ast.NamedEvent => {
    const subject = this.CONSUME(t.Subject)
    this.CONSUME(t.Dot)
    const event = this.CONSUME(t.AnyName)
    const kinds: Array<ast.Name> = []
    let argument: IToken | undefined
    this.OPTION(() => {
      this.CONSUME(t.LParen)
      this.OR({
        ERR_MSG: "a kind such as `timeout`, a duration or a percentage",
        DEF: [
          {
            ALT: () => {
              argument = this.CONSUME(t.Duration)
            },
          },
          {
            ALT: () => {
              argument = this.CONSUME(t.Percent)
            },
          },
          {
            ALT: () => {
              this.AT_LEAST_ONE_SEP({
                ERR_MSG: "a kind such as `timeout`",
                SEP: t.Comma,
                DEF: () => {
                  const kind = this.CONSUME1(t.AnyName)
                  this.ACTION(() => kinds.push(this.name(kind)))
                },
              })
            },
          },
        ],
      })
      this.CONSUME(t.RParen)
    })
    return this.ACTION(() => this.eventOf(subject, event, kinds, argument))
  })

  private eventOf(subject: IToken, event: IToken, kinds: ReadonlyArray<ast.Name>, argument: IToken | undefined): ast.NamedEvent {
    const wanted = event.image === "idle" ? t.Duration : subject.image === "budget" && event.image === "reached" ? t.Percent : undefined
    const given = argument === undefined ? undefined : tokenMatcher(argument, t.Duration) ? t.Duration : t.Percent
    const written = `${subject.image}.${event.image}`
    if (wanted !== given) {
      // an argument says nothing more of an event that nobody knows
      const unknown = subject.image === "budget" && event.image !== "reached"
      if (wanted === undefined && !unknown) this.origin.problems.push(misplacedArgument(this.span(argument!), written, argument!.image))
      else if (wanted !== undefined) this.origin.problems.push(missingArgument(this.spanFrom(subject), written, wanted === t.Duration ? "30m" : "80%"))
    }
    const literal = argument === undefined ? undefined : literalOf(argument, this.span(argument), this.origin)
    return {
      kind: "event",
      subject: this.name(subject),
      event: this.name(event),
      kinds,
      ...(literal?.kind === "duration" && { duration: literal }),
      ...(literal?.kind === "percent" && { percent: literal }),
      span: this.spanFrom(subject),
    }
  }

  // ---- actions -----------------------------------------------------------------------------------------------------------

  private readonly action = this.RULE("action", (): ast.Action => {
    const first = this.LA(1)
    return this.OR({
      ERR_MSG: "an action: a session to send to, `for`, `retry`, `gate`, `complete`, `fail` or another one",
      DEF: [
        { ALT: (): ast.Action => this.SUBRULE(this.send) },
        { ALT: () => this.SUBRULE(this.forAction) },
        { ALT: () => this.SUBRULE(this.retryAction) },
        { ALT: () => this.SUBRULE(this.selectAction) },
        { ALT: () => this.SUBRULE(this.gateAction) },
        { ALT: () => this.SUBRULE(this.cancelAction) },
        {
          ALT: () => {
            this.CONSUME(t.Undo)
            const session = this.CONSUME(t.SessionName)
            return this.ACTION((): ast.Action => ({ kind: "undo", session: this.name(session), span: this.spanFrom(first) }))
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Pause)
            const reason = this.OPTION(() => this.SUBRULE1(this.template))
            return this.ACTION((): ast.Action => ({ kind: "pause", ...(reason && { reason }), span: this.spanFrom(first) }))
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Complete)
            return this.ACTION((): ast.Action => ({ kind: "complete", span: this.spanFrom(first) }))
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Fail)
            const reason = this.SUBRULE2(this.template)
            return this.ACTION((): ast.Action => ({ kind: "fail", reason, span: this.spanFrom(first) }))
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Notify)
            const text = this.SUBRULE3(this.template)
            return this.ACTION((): ast.Action => ({ kind: "notify", text, span: this.spanFrom(first) }))
          },
        },
        { ALT: () => this.SUBRULE(this.useAction) },
        { ALT: () => this.SUBRULE(this.sequence) },
      ],
    })
  })

  private readonly sequence = this.RULE("sequence", (): ast.SequenceAction => {
    const actions: Array<ast.Action> = []
    const first = this.CONSUME(t.LCurly)
    actions.push(this.SUBRULE1(this.action))
    this.MANY({
      DEF: () => {
        this.CONSUME(t.Semicolon)
        this.OPTION({ GATE: () => !this.next(t.RCurly), DEF: () => actions.push(this.SUBRULE2(this.action)) })
      },
    })
    this.CONSUME(t.RCurly)
    return this.ACTION(() => ({ kind: "sequence", actions, span: this.spanFrom(first) }))
  })

  private readonly send = this.RULE("send", (): ast.Send => {
    const first = this.LA(1)
    const targets: Array<ast.Name> = []
    let bracketed = false
    this.OR({
      ERR_MSG: "a session, or several as `[a, b]`",
      DEF: [
        {
          ALT: () => {
            const one = this.CONSUME1(t.SessionName)
            this.ACTION(() => targets.push(this.name(one)))
          },
        },
        {
          ALT: () => {
            bracketed = true
            const several = this.SUBRULE(this.sessions)
            this.ACTION(() => targets.push(...several))
          },
        },
      ],
    })
    const modifiers = this.SUBRULE(this.modifiers)
    return this.ACTION(() => ({ kind: "send", targets, bracketed, modifiers, span: this.spanFrom(first) }))
  })

  private readonly sessions = this.RULE("sessions", (): Array<ast.Name> => {
    const names: Array<ast.Name> = []
    this.CONSUME(t.LSquare)
    this.AT_LEAST_ONE_SEP({
      ERR_MSG: "a session",
      SEP: t.Comma,
      DEF: () => {
        const one = this.CONSUME(t.SessionName)
        this.ACTION(() => names.push(this.name(one)))
      },
    })
    this.CONSUME(t.RSquare)
    return names
  })

  private readonly modifiers = this.RULE("modifiers", (): ast.Modifiers => {
    const found: { -readonly [K in keyof ast.Modifiers]: ast.Modifiers[K] } = {}
    this.MANY(() => {
      const modifier = this.SUBRULE(this.modifier)
      this.ACTION(() => {
        const before = found[modifier.key]
        if (before !== undefined)
          this.origin.problems.push(duplicateModifier(modifier.value.span, before.span, modifier.key === "bySubtask" ? "by subtask" : modifier.key))
        else Object.assign(found, { [modifier.key]: modifier.value })
      })
    })
    return found
  })

  private readonly modifier = this.RULE("modifier", (): Modifier => {
    const first = this.LA(1)
    return this.OR([
      {
        ALT: (): Modifier => {
          this.CONSUME(t.With)
          const template = this.SUBRULE(this.template)
          return this.ACTION((): Modifier => ({ key: "with", value: { template, span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.By)
          this.CONSUME(t.Subtask)
          return this.ACTION((): Modifier => ({ key: "bySubtask", value: { span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Max)
          const count = this.CONSUME1(t.Integer)
          const then = this.OPTION(() => {
            this.CONSUME(t.Then)
            return this.SUBRULE(this.action)
          })
          return this.ACTION((): Modifier => ({ key: "max", value: { count: this.int(count), ...(then && { then }), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.After)
          const duration = this.CONSUME(t.Duration)
          return this.ACTION((): Modifier => ({ key: "after", value: { duration: this.durationOf(duration), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Limit)
          const count = this.CONSUME2(t.Integer)
          return this.ACTION((): Modifier => ({ key: "limit", value: { count: this.int(count), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Fresh)
          return this.ACTION((): Modifier => ({ key: "fresh", value: { span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Priority)
          const count = this.CONSUME3(t.Integer)
          return this.ACTION((): Modifier => ({ key: "priority", value: { count: this.int(count), span: this.spanFrom(first) } }))
        },
      },
    ])
  })

  private readonly forAction = this.RULE("forAction", (): ast.ForAction => {
    const first = this.CONSUME(t.For)
    const variable = this.CONSUME(t.AnyName)
    this.CONSUME(t.In)
    const list = this.SUBRULE(this.expression)
    this.CONSUME(t.Arrow)
    const send = this.SUBRULE(this.send)
    return this.ACTION(() => ({ kind: "for", variable: this.name(variable), list, send, span: this.spanFrom(first) }))
  })

  private readonly retryAction = this.RULE("retryAction", (): ast.RetryAction => {
    const first = this.CONSUME(t.Retry)
    const session = this.CONSUME(t.SessionName)
    const modifiers = this.SUBRULE(this.modifiers)
    return this.ACTION(() => {
      for (const key of ["bySubtask", "limit"] as const) {
        const modifier = modifiers[key]
        if (modifier !== undefined) this.origin.problems.push(unusableModifier(modifier.span, key === "limit" ? "limit" : "by subtask"))
      }
      return { kind: "retry", session: this.name(session), modifiers, span: this.spanFrom(first) }
    })
  })

  private readonly selectAction = this.RULE("selectAction", (): ast.SelectAction => {
    const first = this.CONSUME(t.Select)
    const from = this.OPTION(() => {
      this.CONSUME(t.From)
      return this.SUBRULE(this.sessions)
    })
    return this.ACTION(() => ({ kind: "select", ...(from && { from }), span: this.spanFrom(first) }))
  })

  private readonly gateAction = this.RULE("gateAction", (): ast.GateAction => {
    const first = this.CONSUME(t.Gate)
    const name = this.CONSUME(t.SessionName)
    const question = this.SUBRULE(this.template)
    const within = this.OPTION(() => {
      this.CONSUME(t.Within)
      return this.CONSUME(t.Duration)
    })
    return this.ACTION(() => ({
      kind: "gate",
      name: this.name(name),
      question,
      ...(within && { within: this.durationOf(within) }),
      span: this.spanFrom(first),
    }))
  })

  private readonly cancelAction = this.RULE("cancelAction", (): ast.CancelAction => {
    const first = this.CONSUME(t.Cancel)
    const target = this.OR({
      ERR_MSG: "a session, `others` or `fleet`",
      DEF: [
        {
          ALT: (): ast.CancelAction["target"] => {
            const token = this.CONSUME(t.Others)
            return this.ACTION(() => ({ kind: "others", span: this.span(token) }))
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(t.Fleet)
            return this.ACTION((): ast.CancelAction["target"] => ({ kind: "fleet", span: this.span(token) }))
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(t.SessionName)
            return this.ACTION((): ast.CancelAction["target"] => ({ kind: "session", name: this.name(token) }))
          },
        },
      ],
    })
    return this.ACTION(() => ({ kind: "cancel", target, span: this.spanFrom(first) }))
  })

  private readonly useAction = this.RULE("useAction", (): ast.UseAction => {
    const first = this.CONSUME(t.Use)
    const plugin = this.OR({
      ERR_MSG: "the name of a plugin",
      DEF: [
        {
          ALT: (): ast.Name => {
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
    })
    const config = this.OPTION({ GATE: () => !this.next(t.When, 2) && !this.next(t.Otherwise, 2), DEF: () => this.SUBRULE(this.record) })
    return this.ACTION(() => ({ kind: "use", plugin, ...(config && { config }), span: this.spanFrom(first) }))
  })
}
