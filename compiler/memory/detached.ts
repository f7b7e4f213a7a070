import type { Diagnostic, Span } from "../diagnostics/index.ts"

/** The diagnostic with spans of its own: those of statements in memory move on when they do. */
export const detached = (diagnostic: Diagnostic): Diagnostic => {
  const { span, related, fix } = diagnostic
  return {
    ...diagnostic,
    span: copy(span),
    related: related.map((each) => ({ ...each, span: copy(each.span) })),
    ...(fix && { fix: { ...fix, edits: fix.edits.map((each) => ({ ...each, span: copy(each.span) })) } }),
  }
}

const copy = ({ file, start, end }: Span): Span => ({ file, start, end })
