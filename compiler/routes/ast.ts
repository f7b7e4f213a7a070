/**
 * The syntax tree of the routing language: rules, expressions, templates and types exactly as written (language.md 3 and 4).
 * Every span is a FILE span: the parser maps offsets of the decoded YAML text to the file while it builds the nodes, so no later
 * stage has to know in which kind of scalar the text stood. Names carry their own span, for messages that point at one word.
 * Nothing here is resolved: whether `triage.approved` speaks of a gate or of a session is the names stage's business.
 */
export type * from "./ast-rules.ts"
export type * from "./ast-types.ts"
export type * from "./ast-values.ts"
