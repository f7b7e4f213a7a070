/**
 * The grammar of rules (language.md 3): a parser by recursive descent on one token of lookahead, two where a word may also be a name.
 * It stops at the first mistake: whoever calls it hands it one statement at a time (see `parse.ts`), so a mistake costs one rule.
 */
import type * as ast from "./ast.ts"
import { literalOf } from "./literals.ts"
import { duplicateModifier, misplacedArgument, missingArgument, unusableModifier } from "./problems.ts"
import * as t from "./tokens.ts"
import { ValueGrammar } from "./value-grammar.ts"

const anEvent = "an event such as `coder.done`, or a join such as `all(a.done, b.done)`"

type Modifier = { [K in keyof ast.Modifiers]-?: { readonly key: K; readonly value: NonNullable<ast.Modifiers[K]> } }[keyof ast.Modifiers]

export class Grammar extends ValueGrammar {
  private int(): ast.IntLiteral {
    const token = this.take(t.Integer)
    return { value: Number(token.image), span: this.span(token) }
  }

  private session(): ast.Name {
    return this.name(this.take(t.SessionName))
  }

  // ---- statements --------------------------------------------------------------------------------------------------------

  statement(): ast.Let | ast.Rule {
    if (this.is(t.On)) return this.rule()
    if (this.is(t.LetWord)) return this.letStatement()
    return this.fail("`on` or `let`, which begin a statement")
  }

  private letStatement(): ast.Let {
    const first = this.take(t.LetWord)
    const name = this.name(this.take(t.AnyName))
    this.take(t.Equals)
    const value = this.expression()
    return { kind: "let", name, value, span: this.spanFrom(first) }
  }

  private rule(): ast.Rule {
    const first = this.take(t.On)
    const triggers = this.several(() => this.trigger())
    if (!this.taken(t.LCurly)) {
      const cases = [this.onlyCase()]
      return { kind: "rule", triggers, cases, form: "arrow", span: this.spanFrom(first) }
    }
    const cases = [this.oneCase()]
    while (this.is(t.When) || this.is(t.Otherwise)) cases.push(this.oneCase())
    this.take(t.RCurly)
    return { kind: "rule", triggers, cases, form: "cases", span: this.spanFrom(first) }
  }

  /** `when … -> action`, or the action alone. */
  private onlyCase(): ast.Case {
    const first = this.next()
    if (!this.is(t.When) && !this.is(t.Arrow)) return this.fail("`->` and an action, `when`, or cases in `{ }`")
    const guard = this.taken(t.When) ? this.expression() : undefined
    return this.caseFrom(first, guard)
  }

  private oneCase(): ast.Case {
    const first = this.next()
    const guarded = this.taken(t.When)
    if (!guarded && !this.taken(t.Otherwise)) return this.fail("`when` or `otherwise`")
    return this.caseFrom(first, guarded ? this.expression() : undefined)
  }

  private caseFrom(first: t.Token, guard: ast.Expr | undefined): ast.Case {
    this.take(t.Arrow)
    const action = this.action()
    return { ...(guard && { guard }), action, span: this.spanFrom(first) }
  }

  // ---- triggers ----------------------------------------------------------------------------------------------------------

  private trigger(): ast.Trigger {
    const first = this.next()
    const join = this.join()
    const within = this.is(t.Within) ? this.within() : undefined
    return { join, ...(within && { within }), span: this.spanFrom(first) }
  }

  private within(): NonNullable<ast.Trigger["within"]> {
    const start = this.take(t.Within)
    const duration = this.take(t.Duration)
    this.take(t.Otherwise)
    this.take(t.Arrow)
    const otherwise = this.action()
    return { duration: this.durationOf(duration), otherwise, span: this.spanFrom(start) }
  }

  private join(): ast.Join {
    const first = this.next()
    if (this.is(t.LParen, 2)) {
      switch (first.type) {
        case t.All:
          this.take(t.All)
          return { kind: "all", members: this.members(), bracketed: false, span: this.spanFrom(first) }
        case t.AnyWord:
          this.take(t.AnyWord)
          return { kind: "any", members: this.members(), span: this.spanFrom(first) }
        case t.Race:
          this.take(t.Race)
          return { kind: "race", members: this.members(), span: this.spanFrom(first) }
        case t.Each:
          return this.eachJoin()
        case t.Every:
          return this.everyEvent()
      }
    }
    if (first.type === t.Integer && this.is(t.Of, 2)) return this.countJoin()
    if (this.taken(t.LSquare)) {
      const members = this.several(() => this.join())
      this.take(t.RSquare)
      return { kind: "all", members, bracketed: true, span: this.spanFrom(first) }
    }
    return this.is(t.Subject) ? this.event() : this.fail(anEvent)
  }

  private members(): Array<ast.Join> {
    this.take(t.LParen)
    const members = this.several(() => this.join())
    this.take(t.RParen)
    return members
  }

  private countJoin(): ast.CountJoin {
    const first = this.next()
    const count = this.int()
    this.take(t.Of)
    const members = this.members()
    return { kind: "count", count, members, span: this.spanFrom(first) }
  }

  private eachJoin(): ast.EachJoin {
    const first = this.take(t.Each)
    this.take(t.LParen)
    const event = this.event()
    this.take(t.RParen)
    return { kind: "each", event, span: this.spanFrom(first) }
  }

  private everyEvent(): ast.EveryEvent {
    const first = this.take(t.Every)
    this.take(t.LParen)
    const interval = this.take(t.Duration)
    this.take(t.RParen)
    return { kind: "every", interval: this.durationOf(interval), span: this.spanFrom(first) }
  }

  private event(): ast.NamedEvent {
    const subject = this.take(t.Subject)
    this.take(t.Dot)
    const event = this.take(t.AnyName)
    let kinds: ReadonlyArray<ast.Name> = []
    let argument: t.Token | undefined
    if (this.taken(t.LParen)) {
      if (this.is(t.AnyName)) kinds = this.several(() => this.name(this.take(t.AnyName)))
      else if (this.is(t.Duration) || this.is(t.Percent)) argument = this.take(this.next().type)
      else this.fail("a kind such as `timeout`, a duration or a percentage")
      this.take(t.RParen)
    }
    return this.eventOf(subject, event, kinds, argument)
  }

  private eventOf(subject: t.Token, event: t.Token, kinds: ReadonlyArray<ast.Name>, argument: t.Token | undefined): ast.NamedEvent {
    const wanted = event.image === "idle" ? t.Duration : subject.image === "budget" && event.image === "reached" ? t.Percent : undefined
    if (wanted !== argument?.type) {
      const written = `${subject.image}.${event.image}`
      if (wanted !== undefined) this.origin.problems.push(missingArgument(this.spanFrom(subject), written, wanted === t.Duration ? "30m" : "80%"))
      else if (argument !== undefined) this.origin.problems.push(misplacedArgument(this.span(argument), written, argument.image))
    }
    const literal = argument === undefined ? undefined : literalOf(argument, this.span(argument), this.origin)
    return {
      kind: "event", subject: this.name(subject), event: this.name(event), kinds,
      ...(literal?.kind === "duration" && { duration: literal }),
      ...(literal?.kind === "percent" && { percent: literal }),
      span: this.spanFrom(subject),
    }
  }

  // ---- actions -----------------------------------------------------------------------------------------------------------

  private startsSend(): boolean {
    return this.is(t.SessionName) || this.is(t.LSquare)
  }

  private action(): ast.Action {
    const first = this.next()
    if (this.startsSend()) return this.send()
    switch (first.type) {
      case t.For: return this.forAction()
      case t.Retry: return this.retryAction()
      case t.Select: return this.selectAction()
      case t.Gate: return this.gateAction()
      case t.Cancel: return this.cancelAction()
      case t.Undo: {
        this.take(t.Undo)
        const session = this.session()
        return { kind: "undo", session, span: this.spanFrom(first) }
      }
      case t.Pause: {
        this.take(t.Pause)
        const reason = this.is(t.Text) ? this.template() : undefined
        return { kind: "pause", ...(reason && { reason }), span: this.spanFrom(first) }
      }
      case t.Complete:
        this.take(t.Complete)
        return { kind: "complete", span: this.spanFrom(first) }
      case t.Fail: {
        this.take(t.Fail)
        const reason = this.template()
        return { kind: "fail", reason, span: this.spanFrom(first) }
      }
      case t.Notify: {
        this.take(t.Notify)
        const text = this.template()
        return { kind: "notify", text, span: this.spanFrom(first) }
      }
      case t.Use: return this.useAction()
      case t.LCurly: return this.sequence()
      default: return this.fail("an action: a session to send to, `for`, `retry`, `gate`, `complete`, `fail` or another one")
    }
  }

  private sequence(): ast.SequenceAction {
    const first = this.take(t.LCurly)
    const actions = [this.action()]
    while (this.taken(t.Semicolon)) if (!this.is(t.RCurly) && !this.is(t.Semicolon)) actions.push(this.action())
    this.take(t.RCurly)
    return { kind: "sequence", actions, span: this.spanFrom(first) }
  }

  private send(): ast.Send {
    const first = this.next()
    if (!this.startsSend()) return this.fail("a session, or several as `[a, b]`")
    const bracketed = this.is(t.LSquare)
    const targets = bracketed ? this.sessions() : [this.session()]
    const modifiers = this.modifiers()
    return { kind: "send", targets, bracketed, modifiers, span: this.spanFrom(first) }
  }

  private sessions(): Array<ast.Name> {
    this.take(t.LSquare)
    const names = this.several(() => this.session())
    this.take(t.RSquare)
    return names
  }

  private modifiers(): ast.Modifiers {
    const found: { -readonly [K in keyof ast.Modifiers]: ast.Modifiers[K] } = {}
    for (let modifier = this.modifier(); modifier !== undefined; modifier = this.modifier()) {
      const before = found[modifier.key]
      if (before !== undefined) this.origin.problems.push(duplicateModifier(modifier.value.span, before.span, modifier.key === "bySubtask" ? "by subtask" : modifier.key))
      else Object.assign(found, { [modifier.key]: modifier.value })
    }
    return found
  }

  private modifier(): Modifier | undefined {
    const first = this.next()
    switch (first.type) {
      case t.With: {
        this.take(t.With)
        const template = this.template()
        return { key: "with", value: { template, span: this.spanFrom(first) } }
      }
      case t.By:
        this.take(t.By)
        this.take(t.Subtask)
        return { key: "bySubtask", value: { span: this.spanFrom(first) } }
      case t.Max: {
        this.take(t.Max)
        const count = this.int()
        const then = this.taken(t.Then) ? this.action() : undefined
        return { key: "max", value: { count, ...(then && { then }), span: this.spanFrom(first) } }
      }
      case t.After: {
        this.take(t.After)
        const duration = this.durationOf(this.take(t.Duration))
        return { key: "after", value: { duration, span: this.spanFrom(first) } }
      }
      case t.Limit: {
        this.take(t.Limit)
        const count = this.int()
        return { key: "limit", value: { count, span: this.spanFrom(first) } }
      }
      case t.Fresh:
        this.take(t.Fresh)
        return { key: "fresh", value: { span: this.spanFrom(first) } }
      case t.Priority: {
        this.take(t.Priority)
        const count = this.int()
        return { key: "priority", value: { count, span: this.spanFrom(first) } }
      }
      default:
        return undefined
    }
  }

  private forAction(): ast.ForAction {
    const first = this.take(t.For)
    const variable = this.name(this.take(t.AnyName))
    this.take(t.In)
    const list = this.expression()
    this.take(t.Arrow)
    const send = this.send()
    return { kind: "for", variable, list, send, span: this.spanFrom(first) }
  }

  private retryAction(): ast.RetryAction {
    const first = this.take(t.Retry)
    const session = this.session()
    const modifiers = this.modifiers()
    for (const key of ["bySubtask", "limit"] as const) {
      const modifier = modifiers[key]
      if (modifier !== undefined) this.origin.problems.push(unusableModifier(modifier.span, key === "limit" ? "limit" : "by subtask"))
    }
    return { kind: "retry", session, modifiers, span: this.spanFrom(first) }
  }

  private selectAction(): ast.SelectAction {
    const first = this.take(t.Select)
    const from = this.taken(t.From) ? this.sessions() : undefined
    return { kind: "select", ...(from && { from }), span: this.spanFrom(first) }
  }

  private gateAction(): ast.GateAction {
    const first = this.take(t.Gate)
    const name = this.session()
    const question = this.template()
    const within = this.taken(t.Within) ? this.durationOf(this.take(t.Duration)) : undefined
    return { kind: "gate", name, question, ...(within && { within }), span: this.spanFrom(first) }
  }

  private cancelAction(): ast.CancelAction {
    const first = this.take(t.Cancel)
    const target = this.cancelled()
    return { kind: "cancel", target, span: this.spanFrom(first) }
  }

  private cancelled(): ast.CancelAction["target"] {
    const token = this.next()
    if (this.taken(t.Others)) return { kind: "others", span: this.span(token) }
    if (this.taken(t.Fleet)) return { kind: "fleet", span: this.span(token) }
    return this.is(t.SessionName) ? { kind: "session", name: this.session() } : this.fail("a session, `others` or `fleet`")
  }

  private useAction(): ast.UseAction {
    const first = this.take(t.Use)
    const plugin = this.nameOrText("the name of a plugin")
    const casesFollow = this.is(t.When, 2) || this.is(t.Otherwise, 2)
    const config = this.is(t.LCurly) && !casesFollow ? this.record() : undefined
    return { kind: "use", plugin, ...(config && { config }), span: this.spanFrom(first) }
  }
}
