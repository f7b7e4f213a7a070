/** A piece of a file: UTF-16 offsets, `end` exclusive. Lines and columns exist only in the renderers. */
export interface Span {
  readonly file: string
  readonly start: number
  readonly end: number
}
