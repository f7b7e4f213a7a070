/**
 * Text to tree. Plain files are read here; for all others the YAML library parses and composes once, and this walks its nodes once. Whatever the text is, the answer is a tree or
 * diagnostics: no throw, and no more time than the text is long (aliases are shared, never copied; merges and depth are bounded).
 */
import { parseDocument, type YAMLError } from "yaml"
import { diagnose } from "../diagnostics/diagnose.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import { buildTree } from "./build-tree.ts"
import type { KnownEntries } from "./known-entries.ts"
import type { SourceTree } from "./model.ts"
import { limits } from "./limits.ts"
import { readPlain } from "./read-plain.ts"
import { syntaxMessage } from "./syntax-message.ts"

export interface ReadSource {
  readonly tree: SourceTree
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** Reads one file. `tree.root` is absent when the text is not one well-formed YAML document; duplicate keys do not make it so. `known`: of the same file. */
export const readSource = (file: string, text: string, known?: KnownEntries): ReadSource => {
  const refused = refuse(file, text)
  if (refused !== undefined) return { tree: { file, text }, diagnostics: [refused] }
  const plain = readPlain(file, text, known)
  return plain === undefined ? readWithLibrary(file, text) : { tree: { file, text, root: plain }, diagnostics: [] }
}

/** As `readSource`, but for what no parser could read and without the shortcut for plain files: what that must agree with. */
export const readWithLibrary = (file: string, text: string): ReadSource => {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, merge: false, keepSourceTokens: false })
  const errors = [...document.errors, ...document.warnings]
  if (errors.length > 0) return { tree: { file, text }, diagnostics: syntaxErrors(file, text, errors) }
  const built = buildTree(file, text, document.contents)
  return { tree: { file, text, ...(built.root !== undefined && { root: built.root }) }, diagnostics: built.diagnostics }
}

/** What is refused before any parsing. */
const refuse = (file: string, text: string): Diagnostic | undefined => {
  const whole = { file, start: 0, end: 0 }
  if (text.length > limits.characters)
    return diagnose("limit-exceeded", whole, { what: "characters in the file", found: text.length, limit: limits.characters })
  const control = unusual.test(text) ? text.search(controlCharacter) : -1
  if (control < 0) return undefined
  const span = { file, start: control, end: control + 1 }
  if (text[control] === "\0") return diagnose("not-a-fleet:binary", span, {})
  const character = `U+${text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0")}`
  return diagnose("yaml-syntax:control-character", span, { character })
}

/** What nearly all texts do without, and is quickly looked for. */
const unusual = /[^\t\n\r -~\u0085\u00a0-\ud7ff\ue000-\ufffd]/

/** What YAML 1.2 does not allow in a stream: controls but tab, line breaks and NEL, lone surrogates, U+FFFE and U+FFFF. */
const controlCharacter = /(?![\t\n\r\u0085])\p{Cc}|\p{Cs}|[\ufffe\uffff]/u

/** Nesting that exhausts the stack makes every level around it fail too, and one lost place makes others of what follows: only the cause is told. */
const syntaxErrors = (file: string, text: string, errors: ReadonlyArray<YAMLError>): ReadonlyArray<Diagnostic> => {
  const exhausted = errors.find((error) => error.code === "RESOURCE_EXHAUSTION")
  if (exhausted !== undefined) return [syntaxError(file, text, exhausted)]
  const inOrder = errors.toSorted((one, other) => one.pos[0] - other.pos[0])
  const lost = inOrder.find(({ code }) => !ofOneValue.has(code))
  const causes = inOrder.filter((error) => error === lost || ofOneValue.has(error.code))
  // of two at one place, the one that says more
  const told = Map.groupBy(causes, ({ pos }) => pos[0]).values()
  return [...told]
    .flatMap((here) => here.find(({ code }) => code === "BAD_INDENT") ?? here.find(({ code }) => ofOneValue.has(code)) ?? here.slice(0, 1))
    .slice(0, limits.syntaxErrors)
    .map((error) => syntaxError(file, text, error))
}

/** What is wrong with one value and leaves the parser where it was. */
const ofOneValue: ReadonlySet<string> = new Set(["BAD_SCALAR_START", "BAD_DQ_ESCAPE", "TAG_RESOLVE_FAILED", "BAD_ALIAS", "BAD_DIRECTIVE"])

const syntaxError = (file: string, text: string, error: YAMLError): Diagnostic => {
  let [start, end] = error.pos
  if (start >= text.length) start = text.trimEnd().length
  end = Math.max(start, Math.min(end, text.length))
  const feed = text.indexOf("\n", start)
  if (feed > start && feed < end) end = feed
  const span = { file, start, end }
  if (error.code === "MULTIPLE_DOCS")
    return diagnose("not-a-fleet:several-documents", span, {}, { help: "remove the line, or put the second fleet into a file of its own" })
  if (error.code === "RESOURCE_EXHAUSTION") return diagnose("limit-exceeded:beyond", span, { what: "levels of nesting", limit: limits.depth })
  const { problem, help } = syntaxMessage(error.message)
  return diagnose("yaml-syntax", span, { problem }, help === undefined ? {} : { help })
}
