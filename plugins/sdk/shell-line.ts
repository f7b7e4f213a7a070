/**
 * A shell line read into its simple commands, those of substitutions and groups included, with quotes taken away as a POSIX shell or bash takes them.
 * Nothing is expanded: a word of which a part comes from elsewhere says so. What cannot be read for certain makes the line `broken`, never empty.
 */
import { ansiText } from "./shell-ansi.ts"

export interface ShellWord {
  /** Without quotes; variables and substitutions as they are written. */
  readonly text: string
  /** False when the shell would make something else of it: variables, substitutions, globs, braces. */
  readonly sure: boolean
}

export interface ShellCommand {
  /** As written. */
  readonly text: string
  /** In a substitution, a subshell or the body of a here-document. */
  readonly nested: boolean
  readonly words: ReadonlyArray<ShellWord>
  /** It reads what another command prints. */
  readonly piped: boolean
  /** A here-document or here-string that it reads. */
  readonly input?: ShellWord
  /** Files of redirections. */
  readonly files: ReadonlyArray<ShellWord>
}

export interface ShellLine {
  readonly commands: ReadonlyArray<ShellCommand>
  /** Nothing comes from elsewhere: no substitutions, redirections, groups. */
  readonly plain: boolean
  /** Quotes without an end, or more than is looked at. */
  readonly broken: boolean
}

const deepest = 20
const mostCommands = 2000

interface Reading {
  readonly commands: Array<Draft>
  plain: boolean
  broken: boolean
}

interface Draft {
  text: string
  readonly nested: boolean
  readonly words: Array<ShellWord>
  readonly piped: boolean
  input?: ShellWord
  readonly files: Array<ShellWord>
}

interface Document {
  readonly end: string
  readonly tabs: boolean
  readonly literal: boolean
  readonly reader: Draft
}

const groupWords: ReadonlySet<string> = new Set(["{", "if", "while", "until", "for", "case", "select"])

/** What a shell would run of a line. Linear in the line; at most 2000 commands and 20 substitutions in each other are looked at. */
export const readShellLine = (line: string): ShellLine => {
  const into: Reading = { commands: [], plain: true, broken: false }
  readInto(line, into, 0)
  return into
}

/** The text of a here-document as a text in quotes, in which the same is expanded. */
const asQuoted = (text: string): string => `"${text.replaceAll(/\\[\\$`\n]|\\|"/g, (part) => (part === '"' || part === "\\" ? `\\${part}` : part))}"`

const readInto = (source: string, into: Reading, depth: number): void => {
  let at = 0
  let documents: Array<Document> = []
  let level = depth
  const giveUp = (): void => {
    into.broken = true
    at = source.length
  }
  const within = <T>(read: () => T, otherwise: T): T => {
    if (level >= deepest) {
      giveUp()
      return otherwise
    }
    level++
    const result = read()
    level--
    return result
  }

  const list = (until: "" | ")", inherited: boolean): void => {
    let reads = inherited
    let start = at
    let draft: Draft = { text: "", nested: level > 0, words: [], piped: reads, files: [] }
    const finish = (piped: boolean): void => {
      const { words, files } = draft
      draft.text = source.slice(start, at).trim()
      if (words.length > 0 || files.length > 0 || draft.input !== undefined) {
        into.commands.push(draft)
        if (into.commands.length > mostCommands) giveUp()
      }
      // what follows in the group reads from the same pipe
      if (draft.piped && groupWords.has(words[0]?.text ?? "")) reads = true
      draft = { text: "", nested: level > 0, words: [], piped: piped || reads, files: [] }
    }
    while (at < source.length) {
      const unit = source.charAt(at)
      if (unit === " " || unit === "\t") at++
      else if (unit === "\\" && source.charAt(at + 1) === "\n") at += 2
      else if (unit === "#") at = endOfLine()
      else if (unit === "\n") {
        finish(false)
        at++
        bodies()
        start = at
      } else if (unit === ")") {
        into.plain = false
        finish(false)
        start = ++at
        if (until === ")") return
      } else if (unit === "(") {
        into.plain = false
        const { piped } = draft
        finish(false)
        at++
        within(() => list(")", piped), undefined)
        start = at
      } else if (unit === "&" && source.charAt(at + 1) === ">") redirect(draft)
      else if (unit === "<" || unit === ">") redirect(draft)
      else if (unit === ";" || unit === "&" || unit === "|") {
        const operator = /^(?:;;&?|;&|;|&&|&|\|\||\|&|\|)/.exec(source.slice(at, at + 3))?.[0] ?? unit
        finish(operator === "|" || operator === "|&")
        at += operator.length
        start = at
      } else {
        const read = word()
        // the number of a redirection
        if (/^\d+$/.test(read.text) && /[<>]/.test(source.charAt(at))) continue
        draft.words.push(read)
      }
    }
    finish(false)
    if (until === ")") into.broken = true
  }

  const endOfLine = (): number => {
    const end = source.indexOf("\n", at)
    return end === -1 ? source.length : end
  }

  const redirect = (draft: Draft): void => {
    into.plain = false
    if (/^[<>]\(/.test(source.slice(at, at + 2))) {
      draft.words.push(substituted(2))
      return
    }
    const operator = /^(?:&>>?|<<<|<<-|<<|<>|<&|<|>>|>\||>&|>)/.exec(source.slice(at, at + 3))?.[0] ?? ">"
    at += operator.length
    while (source.charAt(at) === " " || source.charAt(at) === "\t") at++
    const from = at
    const target = word()
    if (from === at) into.broken = true
    if (operator === "<<" || operator === "<<-")
      documents.push({ end: target.text, tabs: operator === "<<-", literal: /['"\\]/.test(source.slice(from, at)), reader: draft })
    else if (operator === "<<<") draft.input = target
    else if (!(operator.endsWith("&") && /^[\d-]/.test(target.text))) draft.files.push(target)
  }

  /** The here-documents that the line before has begun. */
  const bodies = (): void => {
    for (const { end, tabs, literal, reader } of documents) {
      const lines: Array<string> = []
      for (;;) {
        if (at >= source.length) {
          into.broken = true
          break
        }
        const close = endOfLine()
        const whole = source.slice(at, close)
        const row = tabs ? whole.replace(/^\t+/, "") : whole
        at = Math.min(close + 1, source.length)
        if (row === end) break
        lines.push(row)
      }
      const text = lines.join("\n")
      const before = into.commands.length
      const sure = literal || !/[$`]/.test(text)
      if (!sure && level < deepest) {
        readInto(asQuoted(text), into, level + 1)
        // the text is no command, only its substitutions are
        const found = into.commands.splice(before)
        into.commands.push(...found.slice(0, -1))
      }
      reader.input = { text, sure }
    }
    documents = []
  }

  const word = (): ShellWord => {
    let text = ""
    let sure = true
    while (at < source.length) {
      const unit = source.charAt(at)
      if (/[ \t\n;&|<>()]/.test(unit)) break
      if (unit === "'") {
        const end = source.indexOf("'", at + 1)
        if (end === -1) giveUp()
        else {
          text += source.slice(at + 1, end)
          at = end + 1
        }
      } else if (unit === '"') {
        const read = double()
        text += read.text
        sure &&= read.sure
      } else if (unit === "\\") {
        if (source.charAt(at + 1) !== "\n") text += source.charAt(at + 1)
        at += 2
      } else if (unit === "$" || unit === "`") {
        const read = expansion(false)
        text += read.text
        sure &&= read.sure
      } else {
        if (unit === "{") into.plain = false
        if (/[*?[{]/.test(unit)) sure = false
        text += unit
        at++
      }
    }
    // a group is no braces to be expanded; `=git` is a path to zsh
    return { text, sure: /^(?:\{|\[\[?)$/.test(text) || (sure && !text.startsWith("=")) }
  }

  const double = (): ShellWord => {
    let text = ""
    let sure = true
    at++
    while (at < source.length) {
      const unit = source.charAt(at)
      if (unit === '"') {
        at++
        return { text, sure }
      }
      if (unit === "\\") {
        const next = source.charAt(at + 1)
        text += /["\\$`]/.test(next) ? next : next === "\n" ? "" : `\\${next}`
        at += 2
      } else if (unit === "$" || unit === "`") {
        const read = expansion(true)
        text += read.text
        sure &&= read.sure
      } else {
        text += unit
        at++
      }
    }
    giveUp()
    return { text, sure: false }
  }

  /** `$(…)`, `<(…)`, `>(…)`: its commands, and the word that it is. */
  const substituted = (opening: number): ShellWord => {
    into.plain = false
    const from = at
    at += opening
    within(() => list(")", false), undefined)
    return { text: source.slice(from, at), sure: false }
  }

  const expansion = (quoted: boolean): ShellWord => {
    const from = at
    const next = source.charAt(at + 1)
    const here = (): ShellWord => ({ text: source.slice(from, at), sure: false })
    if (source.charAt(at) === "`") {
      into.plain = false
      const [whole, inner] = /^`((?:[^`\\]|\\[^])*)`/.exec(source.slice(at)) ?? []
      if (whole === undefined || inner === undefined || level >= deepest) giveUp()
      else {
        at += whole.length
        readInto(inner.replaceAll(/\\([\\`$])/g, "$1"), into, level + 1)
      }
      return here()
    }
    if (next === "'" && !quoted) {
      const end = /^(?:[^'\\]|\\[^])*'/.exec(source.slice(at + 2))?.[0]
      const text = end === undefined ? undefined : ansiText(end.slice(0, -1))
      if (end === undefined || text === undefined) {
        giveUp()
        return here()
      }
      at += 2 + end.length
      return { text, sure: true }
    }
    if (next === '"' && !quoted) {
      at++
      return double()
    }
    if (next === "(") return source.charAt(at + 2) === "(" ? arithmetic() : substituted(2)
    if (next === "{") return within(() => braces(quoted), here())
    if (next === "[") giveUp()
    const name = /^\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(source.slice(at, at + 200))?.[0]
    at += name?.length ?? 1
    return name === undefined ? { text: "$", sure: true } : here()
  }

  /** `$((…))`, which is read as commands too: without two closing brackets together it is a substitution. */
  const arithmetic = (): ShellWord => {
    into.plain = false
    const from = at
    let open = 0
    at++
    do {
      const unit = source.charAt(at)
      if (unit === "" || /['"\\`]/.test(unit)) {
        giveUp()
        break
      }
      open += unit === "(" ? 1 : unit === ")" ? -1 : 0
      at++
    } while (open > 0)
    const text = source.slice(from, at)
    if (level < deepest) readInto(text.slice(2, -1), into, level + 1)
    return { text, sure: false }
  }

  const braces = (quoted: boolean): ShellWord => {
    if (!quoted) into.plain = false
    const from = at
    at += 2
    while (at < source.length && source.charAt(at) !== "}") {
      const unit = source.charAt(at)
      if (unit === "$" || unit === "`") expansion(quoted)
      else if (unit === '"') double()
      else if (unit === "'" && !quoted) at = source.indexOf("'", at + 1) + 1 || source.length
      else if (unit === "'") giveUp()
      else at += unit === "\\" ? 2 : 1
    }
    if (at >= source.length) into.broken = true
    at++
    return { text: source.slice(from, at), sure: false }
  }

  list("", false)
  if (documents.length > 0) into.broken = true
}
