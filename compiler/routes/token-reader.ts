/** What every rule of the grammar is made of: looking at the next tokens, taking one, and the mistake when it is another. */
import type * as ast from "./ast.ts"
import { spanOf, type Origin } from "./origin.ts"
import * as t from "./tokens.ts"
import type { Span } from "../diagnostics/span.ts"

/** Where the grammar stopped. */
export class Mistake extends Error {
  readonly token: t.Token
  /** in a reader's words; undefined when only the end could have followed */
  readonly expected: string | undefined

  constructor(token: t.Token, expected: string | undefined) {
    super(expected)
    this.token = token
    this.expected = expected
  }
}

const end: t.Token = { type: t.End, image: "", start: Number.NaN, scan: undefined, template: undefined }

export class TokenReader {
  protected readonly origin: Origin
  readonly #tokens: ReadonlyArray<t.Token>
  #next = 0

  constructor(origin: Origin, tokens: ReadonlyArray<t.Token>) {
    this.origin = origin
    this.#tokens = tokens
  }

  /** What `rule` reads, which must be all there is. Throws a `Mistake`. */
  whole<A>(rule: () => A): A {
    const value = rule()
    if (this.#next < this.#tokens.length) throw new Mistake(this.next(), undefined)
    return value
  }

  // ---- tokens ------------------------------------------------------------------------------------------------------------

  protected next(): t.Token {
    return this.#tokens[this.#next] ?? end
  }
  protected is(wanted: t.TokenType, howFar = 1): boolean {
    return t.isA(this.#tokens[this.#next + howFar - 1] ?? end, wanted)
  }
  protected take(wanted: t.TokenType): t.Token {
    const token = this.next()
    if (!t.isA(token, wanted)) return this.fail(wanted.label)
    this.#next++
    return token
  }
  /** Takes the next token when it is the wanted one. */
  protected taken(wanted: t.TokenType): boolean {
    if (!this.is(wanted)) return false
    this.#next++
    return true
  }
  protected fail(expected: string): never {
    throw new Mistake(this.next(), expected)
  }

  /** One or more, with commas between. */
  protected several<A>(item: () => A): Array<A> {
    const items = [item()]
    while (this.taken(t.Comma)) items.push(item())
    return items
  }

  // ---- where things stand ------------------------------------------------------------------------------------------------

  protected span(first: t.Token, last: t.Token = first): Span {
    return spanOf(this.origin, first.start, t.tokenEnd(last))
  }
  /** From a token to the last one taken. */
  protected spanFrom(first: t.Token): Span {
    return this.span(first, this.#tokens[this.#next - 1])
  }
  protected name(token: t.Token): ast.Name {
    return { text: token.image, span: this.span(token) }
  }
}
