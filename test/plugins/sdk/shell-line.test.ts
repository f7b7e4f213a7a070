/** Lines as bash itself takes them apart, and what they come to run. */
import { execFileSync } from "node:child_process"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { simpleCommands } from "#sdk"
import { readShellLine } from "../../../plugins/sdk/shell-line.ts"

const letters = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_./=,:@%+^~é😀#"), minLength: 0, maxLength: 4 })
const inside = (units: string) => fc.string({ unit: fc.constantFrom(...units), maxLength: 6 })
/** Parts of a word, as they are written. Nothing that is expanded. */
const part = fc.oneof(
  letters,
  inside('ab $`"\\;|&<>(){}*?\n#').map((text) => `'${text}'`),
  inside("ab ';|&<>(){}*?#\n").map((text) => `"${text}"`),
  fc.constantFrom('"\\""', '"\\\\"', '"\\$x"', '"\\`"', '"a\\\nb"', '"\\x"', "\\ ", "\\;", "\\'", '\\"', "\\\\", "\\$", "\\\n", "\\#", "\\*"),
  fc.constantFrom("$'a\\tb'", "$'\\x41\\u0042\\103'", "$'it\\'s'", "$'\\\\'", '$"a b"'),
)
const word = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `x${parts.join("")}`)
const gap = fc.constantFrom(" ", "  ", "\t", " \\\n ", "\t ")
const command = fc.tuple(fc.array(word, { maxLength: 4 }), gap).map(([words, between]) => ["printf", "'%s\\0'", "x", ...words].join(between))
const separator = fc.constantFrom("; ", "\n", " && ", " # a comment; it's \"one\n", ";\\\n", "\n\n")

/** What bash prints of the arguments of each `printf '%s\0'`. */
const byBash = (line: string): ReadonlyArray<string> =>
  execFileSync("bash", ["--norc", "-c", line], { encoding: "utf8", env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "" } })
    .split("\0")
    .slice(0, -1)

describe("a shell line", () => {
  it("has the words that bash gives its programs", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, separator), { minLength: 1, maxLength: 40 }), (commands) => {
        const line = `${commands.map((pair) => pair.join("")).join("")}true x x`
        const read = readShellLine(line)
        expect(read.broken).toBe(false)
        expect(read.commands).toHaveLength(commands.length + 1)
        expect(read.commands.slice(0, -1).flatMap(({ words }) => words.slice(2).map(({ text }) => text))).toEqual(byBash(line))
        expect(read.commands.every(({ words }) => words.every(({ sure }) => sure))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it("has the commands that bash runs, wherever they hide", () => {
    const hidden = fc.constantFrom(
      ...["MARK", "M'AR'K", "\\MARK", "$'MARK'", "A=1 MARK", "(MARK)", "{ MARK; }", "! MARK", "if MARK; then :; fi", "while MARK; do break; done"],
      ...[
        'echo "$(MARK)"',
        "echo `MARK`",
        'echo "`MARK`"',
        "cat <(MARK)",
        'echo "${x:-$(MARK)}"',
        "cat <<X\n$(MARK)\nX",
        "cat <<X\n`MARK`\nX",
        "bash <<X\nMARK\nX",
      ],
      ...[
        "eval MARK",
        "eval 'MARK'",
        "bash -c MARK",
        "bash -c 'eval \"MARK\"'",
        "env MARK",
        "env A=1 MARK",
        "env -u A bash -c 'MARK'",
        "command MARK",
        "exec MARK",
      ],
      ...[
        "echo x | xargs MARK",
        "echo x | xargs -n 1 MARK",
        "bash <<< MARK",
        "timeout 5 MARK",
        "nohup MARK",
        "nice -n 1 MARK",
        "find . -maxdepth 0 -exec MARK \\;",
      ],
      ...[
        "true && MARK",
        "false || MARK",
        "true; MARK",
        "true\nMARK",
        "true & MARK",
        "true | MARK",
        "f() { MARK; }; f",
        "case x in x) MARK;; esac",
        "trap MARK EXIT",
      ],
      ...[
        "for x in 1; do MARK; done",
        "echo $(( 1 << 2 ))\nMARK\n2",
        "cat <<'X' >/dev/null; MARK\nit's\nX",
        'echo "a # b" ; MARK',
        "echo a#b; MARK",
        '[ -n "$(MARK)" ]',
      ],
    )
    const wrapped = fc
      .array(fc.constantFrom("bash -c", "sh -c", "env bash -c", "eval"), { maxLength: 2 })
      .chain((shells) => hidden.map((line) => shells.reduce((inner, shell) => `${shell} '${inner.replaceAll("'", "'\\''")}'`, line)))
    fc.assert(
      fc.property(wrapped, (line) => {
        expect(simpleCommands(line).runs.map(({ words }) => words[0])).toContain("MARK")
      }),
      { numRuns: 300 },
    )
  })

  it("is never taken for known when it is cut off", () => {
    const whole = "echo \"$(cat 'a b' \"${x:-`id`}\")\" <<X\nbody\nX\n$'it\\'s'"
    for (let end = 1; end < whole.length; end++) {
      const { broken } = readShellLine(whole.slice(0, end))
      const valid = ((): boolean => {
        try {
          execFileSync("bash", ["--norc", "-n", "-c", whole.slice(0, end)], { stdio: "pipe" })
          return true
        } catch {
          return false
        }
      })()
      if (!valid) expect([whole.slice(0, end), broken]).toEqual([whole.slice(0, end), true])
    }
  })

  it("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab '\"`$(){}[]<>|&;\\\n#=!*?-"), maxLength: 60 }), (line) => {
        const { commands, runs } = simpleCommands(line)
        expect(commands.every((one) => one.trim() !== "")).toBe(true)
        expect(runs.every(({ words, sure }) => words.length > 0 && sure <= words.length)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
