/** `X.output` may be read only where X has certainly finished `done`, or through `??` and `?.`; guards narrow. */
import { expect, it } from "vitest"
import { told } from "./told.ts"

const fleet = (rules: string, start: string): string => `fleet:
  base_branch: main
  budget: { usd: 9 }
  sessions:
    a: { driver: claude, output: { ok: boolean, n: integer, l: [integer] } }
    b: { driver: claude, output: { k: string } }
    c: { driver: claude }
  start: ${start}
  routes: |
${rules.replace(/^(?=.)/gm, "    ")}
`

it.each<readonly [rules: string, start: string, problems: ReadonlyArray<string>]>([
  ['on a.done -> b\non b.done -> c with "${b.output.k} ${a.output.n}"', "a", []],
  ['on a.done when a.output.ok -> b\non a.done, b.done -> c with "${b.output.k}"', "a", ["maybe-absent b.output.k"]],
  ['on a.done -> b\non any(a.done, b.done) -> c with "${b.output.k}"', "a", ["maybe-absent b.output.k"]],
  ['on a.done -> b\non all(a.done, b.done) -> c with "${b.output.k}"', "a", []],
  ['on race(a.done, b.done) -> c with "${b.output.k}"', "[a, b]", ["maybe-absent b.output.k"]],
  ['on 2 of (a.done, b.done) -> c with "${b.output.k}"', "[a, b]", []],
  ['on 1 of (a.done, b.done) -> c with "${b.output.k}"', "[a, b]", ["maybe-absent b.output.k"]],
  ['on a.settled -> b with "${a.output.n}"\non b.done -> c', "a", ["maybe-absent a.output.n"]],
  ['on a.failed -> b with "${a.output.n}"\non b.done -> c', "a", ["maybe-absent a.output.n"]],
  ['on a.started -> b\non b.done -> c with "${a.output.n}"', "a", ["maybe-absent a.output.n"]],
  ['on a.done within 5m otherwise -> fail "${a.output.n}" -> b\non b.done -> c', "a", ["maybe-absent a.output.n"]],
  ['on a.done -> gate g "Go?"\non g.approved -> b with "${a.output.n}"\non g.rejected -> c with "${a.output.n}"', "a", []],
  ['on a.done -> select from [b, c]\non human.selected -> notify "${a.output.n} ${human.selection}"', "[a, b, c]", []],
  ['on a.done -> b max 2 then c with "${a.output.n}"\non b.done -> a max 2', "a", []],
  ['on fleet.started -> notify "${a.output.n}"\non a.done -> [b, c]', "a", ["maybe-absent a.output.n"]],
  ['on every(5m) -> notify "${a.text}"\non a.done -> [b, c]', "a", []],
  ['on budget.reached(50%) -> notify "${a.output.n}"\non a.done -> [b, c]', "a", ["maybe-absent a.output.n"]],
  ['on a.done -> b\non b.done -> c with "${a.output.l[0]}"', "a", ["maybe-absent a.output.l[0]"]],
  ['on a.done -> b\non b.done when len(a.output.l) > 0 -> c with "${a.output.l[0]}"', "a", ["maybe-absent a.output.l[0]"]],
  ['on a.done -> b\non b.done when a.output.l[0] != null -> c with "${a.output.l[0]}"', "a", []],
  ['on a.settled when a.output != null -> b with "${a.output.n}"\non b.done -> c', "a", []],
  ["on a.settled when a.output != null and a.output.n > 3 -> b\non b.done -> c", "a", []],
  ["on a.settled when a.output == null or a.output.n > 3 -> b\non b.done -> c", "a", []],
  ['on a.settled when a.status == "done" and a.output.n > 3 -> b\non b.done -> c', "a", []],
  ['on a.settled when a.status == "done" or a.output.n > 3 -> b\non b.done -> c', "a", ["maybe-absent a.output.n"]],
  ['on a.settled when not (a.status != "done") -> b with "${a.output.n}"\non b.done -> c', "a", []],
  [
    'on a.settled {\n  when a.status == "failed" -> b with "${a.error.message}"\n  when a.status == "done" -> c with "${a.output.n}"\n  otherwise -> notify "${a.error?.message ?? "?"}"\n}',
    "a",
    [],
  ],
  ['on a.settled {\n  when a.output == null -> b\n  otherwise -> c with "${a.output.n}"\n}', "a", []],
  ['on a.done -> b\non b.cancelled -> c with "${b.output.k}"', "a", ["maybe-absent b.output.k"]],
  ['on a.done -> for x in a.output.l -> b with "${x + 1}"\non all(b.done) -> c with "${len(b.outputs)} ${b.outputs[0].k ?? "-"}"', "a", []],
  ['on a.done -> for x in [1, 2] -> b with "${x}"\non all(b.done) -> c with "${join(b.outputs, ",")}"', "a", ["wrong-arguments b.outputs"]],
  ['on a.done -> b\non b.done -> { use llm; notify "x" }\non c.done -> notify "${b.output.k}"', "a", ["maybe-absent b.output.k"]],
])("%s", (rules, start, problems) => expect(told(fleet(rules, start))).toEqual(problems))
