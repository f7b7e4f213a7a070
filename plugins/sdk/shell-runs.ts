/** What a shell line comes to run, behind quotes, groups, substitutions, `env`, `xargs`, `sh -c` and paths of programs. */
import { readShellLine, type ShellCommand, type ShellWord } from "./shell-line.ts"

export interface ShellRun {
  /** Program and arguments without quotes. A program that is named by a path is there a second time by its bare name, in small letters. */
  readonly words: ReadonlyArray<string>
  /** How many words from the first are what they seem; the rest begins with one that a variable, a glob or another command decides. */
  readonly sure: number
}

export interface SimpleCommands {
  /** The simple commands as they are written, those of substitutions apart. */
  readonly commands: ReadonlyArray<string>
  /** Nothing of the line comes from elsewhere, so that `commands` is all that it runs: what an `allow` needs. */
  readonly plain: boolean
  /** Everything that it may run, more rather than less: what a `deny` is held against. */
  readonly runs: ReadonlyArray<ShellRun>
  /** False when it runs something of which nobody can say what it is. */
  readonly known: boolean
  /** Files that redirections name. */
  readonly files: ReadonlyArray<string>
}

interface Found {
  readonly runs: Array<ShellRun>
  readonly files: Array<string>
  known: boolean
  /** How much may still be looked at, about in words: scripts within scripts, wrappers of wrappers. */
  left: number
}

const mostWords = 200_000
const wordsOfScript = 200

/**
 * A shell line taken apart. `plain: false` when parts of it come from elsewhere (`$(…)`, backquotes, redirections, groups, variables in the place of
 * the program) or a program of it runs others (`env`, `xargs`, `sh -c`).
 */
export const simpleCommands = (line: string): SimpleCommands => {
  const { commands, plain, broken } = readShellLine(line)
  const found: Found = { runs: [], files: [], known: !broken, left: mostWords }
  for (const command of commands) follow(command, found)
  const indirect = commands.some(
    ({ words: [first] }) => first === undefined || !first.sure || /^[A-Za-z_]\w*\+?=/.test(first.text) || indirectly.has(bare(first.text)),
  )
  const { runs, files, known } = found
  return { commands: commands.filter(({ nested }) => !nested).map(({ text }) => text), plain: plain && !broken && !indirect, runs, files, known }
}

const bare = (program: string): string => program.slice(program.lastIndexOf("/") + 1).toLowerCase()

const reserved: ReadonlySet<string> = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "time", "coproc", "fi", "done", "esac"])

/** Programs that run the rest of their words: the options of theirs that take a value, and how many words stand before the command. */
const wrappers: { readonly [name: string]: { readonly valued: string; readonly before?: number } } = {
  env: { valued: "uCS" },
  sudo: { valued: "CDghpRrTtUu" },
  doas: { valued: "Cu" },
  nice: { valued: "n" },
  ionice: { valued: "cnPp" },
  timeout: { valued: "ks", before: 1 },
  stdbuf: { valued: "eio" },
  xargs: { valued: "adEIiLlnPs" },
  parallel: { valued: "aIjnNP" },
  exec: { valued: "a" },
  time: { valued: "fo" },
  chroot: { valued: "", before: 1 },
  flock: { valued: "Ew", before: 1 },
  taskset: { valued: "", before: 1 },
  strace: { valued: "abeEIoOpPsSuX" },
  watch: { valued: "n" },
  ...Object.fromEntries(
    ["nohup", "setsid", "command", "builtin", "busybox", "toybox", "unbuffer", "caffeinate", "unshare", "nsenter", "setarch"].map((name) => [
      name,
      { valued: "" },
    ]),
  ),
}

const shells: ReadonlySet<string> = new Set(["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "csh", "tcsh", "rbash"])
/** They run one of their words as a shell line. */
const scripted: ReadonlySet<string> = new Set([...shells, "su", "script", "flock", "runuser"])
/** In front of a command they make something else of it: no `allow` by a text is about that. */
const indirectly: ReadonlySet<string> = new Set([
  ...scripted,
  ...["env", "sudo", "doas", "xargs", "parallel", "exec", "chroot", "busybox", "toybox", "eval", "source", ".", "trap", "alias"],
])
const standardInput = /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/

const interpreters = /^(?:python[\d.]*|node|nodejs|perl|ruby|php|lua|osascript|deno|bun)$/

/** Its program is what another command prints. */
const readsProgram = (words: ReadonlyArray<ShellWord>, { piped, files }: ShellCommand): boolean =>
  words.some(({ text }) => text.startsWith("<(")) ||
  ((piped || files.length > 0) && (words.every(({ text }) => text.startsWith("-")) || words.some(({ text }) => standardInput.test(text))))

const follow = (command: ShellCommand, found: Found): void => {
  found.files.push(...command.files.map(({ text }) => text))
  if (command.words.length === 0) return
  let words = command.words
  while (words.length > 0 && words[0]?.sure === true && (reserved.has(words[0].text) || /^[A-Za-z_]\w*\+?=/.test(words[0].text))) words = words.slice(1)
  // a variable may be set from elsewhere: `A=$(x) make`
  while (words.length > 0 && /^[A-Za-z_]\w*\+?=/.test(words[0]?.text ?? "")) words = words.slice(1)
  run(words, command, found, 0)
}

const script = (word: ShellWord, found: Found): void => {
  if (!word.sure) found.known = false
  if (!spend(wordsOfScript + word.text.length, found)) return
  const { commands, broken } = readShellLine(word.text)
  if (broken) found.known = false
  for (const command of commands) follow(command, found)
}

const joined = (words: ReadonlyArray<ShellWord>): ShellWord => ({ text: words.map(({ text }) => text).join(" "), sure: words.every(({ sure }) => sure) })

/** False when more is there than is looked at. */
const spend = (words: number, found: Found): boolean => {
  found.left -= words
  if (found.left < 0) found.known = false
  return found.left >= 0
}

const note = (words: ReadonlyArray<ShellWord>, found: Found): boolean => {
  if (!spend(words.length, found)) return false
  const unsure = words.findIndex(({ sure }) => !sure)
  found.runs.push({ words: words.map(({ text }) => text), sure: unsure === -1 ? words.length : unsure })
  return true
}

const run = (words: ReadonlyArray<ShellWord>, command: ShellCommand, found: Found, depth: number): void => {
  const [program, ...rest] = words
  if (program === undefined || !note(words, found)) return
  if (!program.sure || depth > 20) {
    found.known = false
    return
  }
  const name = bare(program.text)
  if (name !== program.text) note([{ text: name, sure: true }, ...rest], found)
  const inner = (list: ReadonlyArray<ShellWord>): void => run(list, command, found, depth + 1)
  if (name === "git") return git(rest, found)
  if (name === "alias") {
    found.known = false
    return
  }
  if (name === "eval") return script(joined(rest), found)
  if (name === "trap" && rest[0] !== undefined) return script(rest[0], found)
  if (name === "source" || name === ".") {
    if (rest.some(({ text, sure }) => !sure || standardInput.test(text))) found.known = false
    return
  }
  if (interpreters.test(name) && readsProgram(rest, command)) found.known = false
  if (name === "find" || name === "fd")
    return afterOptions(rest, name === "find" ? /^-(?:exec|execdir|ok|okdir)$/ : /^(?:-[xX]|--exec|--exec-batch)$/, found, inner)
  if (scripted.has(name) && scripts(name, rest, command, found)) return
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined
  if (wrapper === undefined) return
  if (name === "watch" || name === "parallel") script(joined(behind(rest, wrapper)[0] ?? []), found)
  for (const option of rest) {
    const split = name === "env" ? /^(?:-[a-zA-Z0-9]*S|--split-string=)(.+)$/.exec(option.text)?.[1] : undefined
    if (split !== undefined) script({ text: split, sure: option.sure }, found)
  }
  if (name === "env") afterOptions(rest, /^(?:-[a-zA-Z0-9]*S|--split-string)$/, found, (list) => script(joined(list), found))
  const more: ReadonlyArray<ShellWord> = name === "xargs" || name === "parallel" ? [{ text: "…", sure: false }] : []
  for (const list of behind(rest, wrapper)) if (list.length > 0) inner([...list, ...more])
}

/** The words behind each of these options, up to `;` or `+`. */
const afterOptions = (words: ReadonlyArray<ShellWord>, option: RegExp, found: Found, then: (list: ReadonlyArray<ShellWord>) => void): void => {
  words.forEach(({ text }, at) => {
    if (!option.test(text) || !spend(words.length, found)) return
    const end = words.findIndex((word, index) => index > at && (word.text === ";" || word.text === "+"))
    then(words.slice(at + 1, end === -1 ? words.length : end))
  })
}

/** Where the command of a wrapper may begin. A long option may have its value in the next word, or none. */
const behind = (
  words: ReadonlyArray<ShellWord>,
  { valued, before = 0 }: { readonly valued: string; readonly before?: number },
): ReadonlyArray<ReadonlyArray<ShellWord>> => {
  const places = new Set<number>()
  const from = (start: number, positional: number): void => {
    let at = start
    let left = positional
    for (; at < words.length; at++) {
      const { text } = words[at] ?? { text: "" }
      if (text === "--") continue
      if (/^--[^=]+$/.test(text)) {
        if (places.size < 20 && at + 2 < words.length && !places.has(at + 2)) {
          places.add(at + 2)
          from(at + 2, left)
        }
      } else if (/^-[^-]/.test(text)) {
        if (text.length === 2 && valued.includes(text.charAt(1))) at++
      } else if (/^[A-Za-z_]\w*=/.test(text)) continue
      else if (left > 0) left--
      else break
    }
    places.add(at)
  }
  from(0, before)
  return [...places].map((at) => words.slice(at))
}

/** A shell's script, or what stands in its place; false when the words are for something else (`flock file command`). */
const scripts = (name: string, words: ReadonlyArray<ShellWord>, command: ShellCommand, found: Found): boolean => {
  const flag = words.findIndex(({ text }) => /^(?:-[A-Za-z]*c[A-Za-z]*|--command)$/.test(text))
  const inline = words.find(({ text }) => /^--(?:session-)?command=/.test(text))
  if (inline !== undefined) script({ text: inline.text.slice(inline.text.indexOf("=") + 1), sure: inline.sure }, found)
  // options may stand between the flag and the script
  const given = flag === -1 ? undefined : words.slice(flag + 1).find(({ text }) => !/^[-+]/.test(text))
  if (given !== undefined) {
    script(given, found)
    return true
  }
  if (!shells.has(name)) return flag !== -1 || inline !== undefined
  const file = words.find(({ text }) => !/^[-+]./.test(text))
  const reads = file === undefined || standardInput.test(file.text) || words.some(({ text }) => /^-[A-Za-z]*s[A-Za-z]*$/.test(text))
  if (file !== undefined && !file.sure) found.known = false
  if (!reads) return true
  if (command.input !== undefined) script(command.input, found)
  else if (command.piped || command.files.length > 0 || command.nested) found.known = false
  return true
}

const gitValued = /^(?:-C|--git-dir|--work-tree|--namespace|--super-prefix|--attr-source)$/

/** `git -C there --no-pager push` is `git push`; by its configuration it may be anything. */
const git = (words: ReadonlyArray<ShellWord>, found: Found): void => {
  let at = 0
  for (; at < words.length; at++) {
    const { text, sure } = words[at] ?? { text: "", sure: true }
    if (!text.startsWith("-")) break
    const value = text === "-c" ? words[++at] : undefined
    if (!sure || /^--(?:config-env|exec-path=)/.test(text) || (value !== undefined && (!value.sure || /^alias\./i.test(value.text)))) found.known = false
    if (gitValued.test(text) || text === "--config-env") at++
  }
  const rest = words.slice(at)
  if (rest[0]?.sure === false) found.known = false
  if (rest[0]?.text === "config" && rest.some(({ text }) => /^alias\./i.test(text))) found.known = false
  if (at > 0) note([{ text: "git", sure: true }, ...rest], found)
}
