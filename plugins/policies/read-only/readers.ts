import type { ShellRun } from "#sdk"

const listOf = (names: string): ReadonlySet<string> => new Set(names.split(" "))

const readers = listOf(
  "ls cat head tail wc stat pwd echo printf du df tree which type date uname basename dirname realpath readlink sort cut tr nl diff cmp grep egrep fgrep rg ag jq true test git",
)
const gitReaders = listOf("status log diff show blame grep ls-files ls-tree rev-parse describe shortlog cat-file merge-base")

/** Options by which a reader writes or runs something. Most programs take a beginning of a long one for the whole. */
const writing = ["output", "ext-diff", "textconv", "filters", "pre", "open-files-in-pager", "pager", "compress-program", "hostname-bin", "in-place", "set"]
/** They are options of their own. */
const harmless = listOf("text o p")
const writingLetters: { readonly [program: string]: string } = { sort: "o", tree: "o", git: "O", date: "s" }
/** What a variable or a glob may turn into an option that writes. */
const withOptions = listOf("sort tree git date rg ag")

/** Whether the command changes nothing, however its words come out. */
export const reads = ({ words: [program = "", ...rest], sure }: ShellRun): boolean => {
  if (!readers.has(program)) return false
  const letters = writingLetters[program] ?? ""
  return (
    (program !== "git" || gitReads(rest)) &&
    !rest.some((word) => isWriting(word, letters)) &&
    (!withOptions.has(program) || !rest.slice(sure - 1).some((word) => /^[$*?[{`]/.test(word)))
  )
}

const gitReads = (words: ReadonlyArray<string>): boolean => {
  let at = 0
  while (words[at] === "-C" || words[at] === "--no-pager") at += words[at] === "-C" ? 2 : 1
  return gitReaders.has(words[at] ?? "")
}

const isWriting = (word: string, letters: string): boolean => {
  const long = /^--([^=]+)/.exec(word)?.[1]
  if (long !== undefined) return !harmless.has(long) && writing.some((name) => name.startsWith(long))
  return /^-[^-]/.test(word) && [...letters].some((letter) => word.includes(letter))
}
