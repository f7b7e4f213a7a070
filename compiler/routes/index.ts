/** The routing language: text to tree and back. What the names mean is decided elsewhere (compiler/check). */
export type * from "./ast.ts"
export type { OffsetMap } from "./origin.ts"
export { parseExpression, parseRoutes, parseTemplate, parseType, type Parsed } from "./parse.ts"
export { parseDuration } from "./literals.ts"
export { dslWords } from "./tokens.ts"
