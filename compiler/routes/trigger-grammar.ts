/** The grammar of triggers: joins and the events in them (language.md 3, `Trigger`, `Join` and `Event`). */
import { tokenMatcher, type IToken } from "chevrotain"
import { ActionGrammar } from "./action-grammar.ts"
import { once, type Alternatives } from "./alternatives.ts"
import type * as ast from "./ast.ts"
import { literalOf } from "./literals.ts"
import { misplacedArgument, missingArgument } from "./problems.ts"
import * as t from "./tokens.ts"

export const anEvent = "an event such as `coder.done`, or a join such as `all(a.done, b.done)`"

/** What stands in the parentheses of an event. */
interface Inside {
  readonly argument?: IToken
  readonly kinds?: ReadonlyArray<ast.Name>
}

export abstract class TriggerGrammar extends ActionGrammar {
  protected readonly trigger = this.RULE("trigger", (): ast.Trigger => {
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

  private readonly join = this.RULE("join", (): ast.Join => this.OR(this.joins()))

  private readonly joins = once((): Alternatives<ast.Join> => {
    const called = (): boolean => this.next(t.LParen, 2)
    return {
      ERR_MSG: anEvent,
      DEF: [
        { GATE: called, ALT: () => this.group("all", this.CONSUME(t.All)) },
        { GATE: called, ALT: () => this.group("any", this.CONSUME(t.AnyWord)) },
        { GATE: called, ALT: () => this.group("race", this.CONSUME(t.Race)) },
        { GATE: called, ALT: () => this.SUBRULE(this.eachJoin) },
        { GATE: called, ALT: () => this.SUBRULE(this.everyEvent) },
        { GATE: () => this.next(t.Of, 2), ALT: () => this.SUBRULE(this.countJoin) },
        { ALT: () => this.SUBRULE(this.bracketJoin) },
        { ALT: () => this.SUBRULE(this.event) },
      ],
    }
  })

  private group(kind: "all" | "any" | "race", first: IToken): ast.Join {
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
    const given = this.OPTION(() => {
      this.CONSUME(t.LParen)
      const inside = this.OR(this.insides())
      this.CONSUME(t.RParen)
      return inside
    })
    return this.ACTION(() => this.eventOf(subject, event, given?.kinds ?? [], given?.argument))
  })

  private readonly insides = once((): Alternatives<Inside> => ({
    ERR_MSG: "a kind such as `timeout`, a duration or a percentage",
    DEF: [
      { ALT: () => ({ argument: this.CONSUME(t.Duration) }) },
      { ALT: () => ({ argument: this.CONSUME(t.Percent) }) },
      { ALT: () => ({ kinds: this.SUBRULE(this.kinds) }) },
    ],
  }))

  private readonly kinds = this.RULE("kinds", (): Array<ast.Name> => {
    const kinds: Array<ast.Name> = []
    this.AT_LEAST_ONE_SEP({
      ERR_MSG: "a kind such as `timeout`",
      SEP: t.Comma,
      DEF: () => {
        const kind = this.CONSUME(t.AnyName)
        this.ACTION(() => kinds.push(this.name(kind)))
      },
    })
    return kinds
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
}
