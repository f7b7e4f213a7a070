/** All problems are told in one run: whatever is wrong with one rule, the next one is read. */
import { expect, it } from "vitest"
import { told } from "./told.ts"

const fleet = (rules: string): string => `fleet:
  base_branch: main
  budget: { usd: 9 }
  sessions:
    a: { driver: claude, output: { ok: boolean, s: string } }
    b: { driver: claude }
    c: { driver: claude }
    d: { driver: claude }
  start: [a, b, c, d]
  routes: |
${rules.replace(/^(?=.)/gm, "    ")}
`

it.each<readonly [rules: string, problems: ReadonlyArray<string>]>([
  ['on a.done {\n  when a.output.ok -> notify "x"\n  otherwise -> notify "y"\non b.done -> nobody', ['dsl-syntax "y"', "unknown-session nobody"]],
  ['on a.done -> notify "x" }\non b.done -> nobody', ["dsl-syntax }", "unknown-session nobody"]],
  ['on a.done -> { notify "x"; notify "y"\non b.done -> nobody', ['dsl-syntax "y"', "unknown-session nobody"]],
  ['on a.done when (a.output.ok -> notify "x"\non b.done -> nobody', ["dsl-syntax ->", "unknown-session nobody"]],
  ['on a.done when a.output.ok) -> notify "x"\non b.done -> nobody', ["dsl-syntax )", "unknown-session nobody"]],
  ['on a.done -> notify """\n  x\non b.done -> nobody', ['unterminated-text """', "unknown-session nobody"]],
  ['on a.done -> notify "x\non b.done -> nobody', ['unterminated-text "x', "unknown-session nobody"]],
  ['on a.done when a.text matches /x -> notify "x"\non b.done -> nobody', ['unterminated-text /x -> notify "x"', "unknown-session nobody"]],
  ['on a.done notify "x"\non b.done -> nobody', ["dsl-syntax notify", "unknown-session nobody"]],
  ["on a.done ->\n\non b.done -> nobody", ["dsl-syntax ->", "unknown-session nobody"]],
  ["on -> b\non b.done -> nobody", ["dsl-syntax ->", "unknown-session nobody"]],
  ["on a.done -> -> b\non b.done -> nobody", ["dsl-syntax ->", "unknown-session nobody"]],
  ['@ on a.done -> notify "x"\non b.done -> nobody', ["dsl-syntax @", "unknown-session nobody"]],
  ["on a.done -> notify 'x'\non b.done -> nobody", ["dsl-syntax '", "unknown-session nobody"]],
  ["// comment\non b.done -> nobody", ["dsl-syntax //", "unknown-session nobody"]],
  ["on a.done → b\non b.done -> nobody", ["dsl-syntax →", "unknown-session nobody"]],
  ['when a.done -> notify "x"\non b.done -> nobody', ["dsl-syntax when", "unknown-session nobody"]],
  ['on a.done -> notify "x";\non b.done -> nobody', ["dsl-syntax ;", "unknown-session nobody"]],
  ['- on a.done -> notify "x"\n- on b.done -> nobody', ["dsl-syntax -", "dsl-syntax -", "unknown-session nobody"]],
  ["let\non b.done -> nobody", ["dsl-syntax let", "unknown-session nobody"]],
  ["let x 5\non b.done -> nobody", ["dsl-syntax 5", "unknown-session nobody"]],
  ["let x =\non b.done -> nobody", ["dsl-syntax =", "unknown-session nobody"]],
  ['on a.done when a.output.ok == -> notify "x"\non b.done -> nobody', ["dsl-syntax ->", "unknown-session nobody"]],
  ['on a.done -> notify "${a.text"\non b.done -> nobody', ['unterminated-text "${a.text"', "unknown-session nobody"]],
  [
    'on a.done -> notify "${a.txt} ${nope} ${a.output.}"\non b.done -> nobody',
    ["unknown-field txt", "unknown-name nope", "dsl-syntax .", "unknown-session nobody"],
  ],
  [
    'on a.done -> zz with "${a.txt}" max 0\non b.dnoe -> nobody',
    ["unknown-session zz", "unknown-field txt", "invalid-value 0", "unknown-event dnoe", "unknown-session nobody"],
  ],
  [
    "on all(zz.done, a.dnoe, b.failed(tmeout)) when a.output.ko -> [yy, xx] max 0",
    [
      "unknown-session zz",
      "unknown-event dnoe",
      "unknown-failure-kind tmeout",
      "unknown-field ko",
      "unknown-session yy",
      "unknown-session xx",
      "invalid-value 0",
    ],
  ],
])("%s", (rules, problems) => expect(told(fleet(rules))).toEqual(problems))
