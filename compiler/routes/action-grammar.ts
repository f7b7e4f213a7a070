/** The grammar of actions: what follows an arrow, sends and their modifiers above all (language.md 3, `Action`, `Send` and `Modifier`). */
import { once, type Alternatives } from "./alternatives.ts"
import type * as ast from "./ast.ts"
import { duplicateModifier, limitWithoutFor, unusableModifier } from "./problems.ts"
import * as t from "./tokens.ts"
import { ValueGrammar } from "./value-grammar.ts"

type Modifier = { [K in keyof ast.Modifiers]-?: { readonly key: K; readonly value: NonNullable<ast.Modifiers[K]> } }[keyof ast.Modifiers]

export abstract class ActionGrammar extends ValueGrammar {
  protected readonly action = this.RULE("action", (): ast.Action => this.OR(this.actions()))

  private readonly actions = once((): Alternatives<ast.Action> => ({
    ERR_MSG: "an action: a session to send to, `for`, `retry`, `gate`, `complete`, `fail` or another one",
    DEF: [
      {
        ALT: () => {
          const send = this.SUBRULE(this.send)
          this.ACTION(() => {
            if (send.modifiers.limit !== undefined) this.origin.problems.push(limitWithoutFor(send.modifiers.limit.span))
          })
          return send
        },
      },
      { ALT: () => this.SUBRULE(this.forAction) },
      { ALT: () => this.SUBRULE(this.retryAction) },
      { ALT: () => this.SUBRULE(this.selectAction) },
      { ALT: () => this.SUBRULE(this.gateAction) },
      { ALT: () => this.SUBRULE(this.cancelAction) },
      {
        ALT: () => {
          const first = this.CONSUME(t.Undo)
          const session = this.CONSUME(t.SessionName)
          return this.ACTION(() => ({ kind: "undo", session: this.name(session), span: this.spanFrom(first) }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Pause)
          const reason = this.OPTION(() => this.SUBRULE1(this.template))
          return this.ACTION(() => ({ kind: "pause", ...(reason && { reason }), span: this.spanFrom(first) }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Complete)
          return this.ACTION(() => ({ kind: "complete", span: this.spanFrom(first) }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Fail)
          const reason = this.SUBRULE2(this.template)
          return this.ACTION(() => ({ kind: "fail", reason, span: this.spanFrom(first) }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Notify)
          const text = this.SUBRULE3(this.template)
          return this.ACTION(() => ({ kind: "notify", text, span: this.spanFrom(first) }))
        },
      },
      { ALT: () => this.SUBRULE(this.useAction) },
      { ALT: () => this.SUBRULE(this.sequence) },
    ],
  }))

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
    const targets = this.OR(this.targets())
    const modifiers = this.SUBRULE(this.modifiers)
    return this.ACTION(() => ({ kind: "send", targets, bracketed: first.tokenType === t.LSquare, modifiers, span: this.spanFrom(first) }))
  })

  private readonly targets = once((): Alternatives<Array<ast.Name>> => ({
    ERR_MSG: "a session, or several as `[a, b]`",
    DEF: [
      {
        ALT: () => {
          const one = this.CONSUME(t.SessionName)
          return this.ACTION(() => [this.name(one)])
        },
      },
      { ALT: () => this.SUBRULE(this.sessions) },
    ],
  }))

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

  private readonly modifier = this.RULE("modifier", (): Modifier => this.OR(this.kindsOfModifiers()))

  private readonly kindsOfModifiers = once((): Alternatives<Modifier> => ({
    DEF: [
      {
        ALT: () => {
          const first = this.CONSUME(t.With)
          const template = this.SUBRULE(this.template)
          return this.ACTION(() => ({ key: "with", value: { template, span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.By)
          this.CONSUME(t.Subtask)
          return this.ACTION(() => ({ key: "bySubtask", value: { span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Max)
          const count = this.CONSUME1(t.Integer)
          const then = this.OPTION(() => {
            this.CONSUME(t.Then)
            return this.SUBRULE(this.action)
          })
          return this.ACTION(() => ({ key: "max", value: { count: this.int(count), ...(then && { then }), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.After)
          const duration = this.CONSUME(t.Duration)
          return this.ACTION(() => ({ key: "after", value: { duration: this.durationOf(duration), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Limit)
          const count = this.CONSUME2(t.Integer)
          return this.ACTION(() => ({ key: "limit", value: { count: this.int(count), span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Fresh)
          return this.ACTION(() => ({ key: "fresh", value: { span: this.spanFrom(first) } }))
        },
      },
      {
        ALT: () => {
          const first = this.CONSUME(t.Priority)
          const count = this.CONSUME3(t.Integer)
          return this.ACTION(() => ({ key: "priority", value: { count: this.int(count), span: this.spanFrom(first) } }))
        },
      },
    ],
  }))

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
