/** Section 5 of the language page on whole fleets: budgets, permissions, drivers, flow, outputs, CAP routes. */
import { expect, it } from "vitest"
import { told } from "./told.ts"

const fleets: ReadonlyArray<readonly [what: string, text: string, problems: ReadonlyArray<string>]> = [
  [
    "session over fleet",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, budget: { usd: 100 } }\n  start: [a]\n",
    ["budget-exceeds-parent 100"],
  ],
  [
    "turns over",
    "fleet:\n  base_branch: main\n  budget: { usd: 5, turns: 3 }\n  sessions:\n    a: { driver: claude, budget: { turns: 10 } }\n  start: [a]\n",
    ["budget-exceeds-parent 10"],
  ],
  [
    "wall over",
    "fleet:\n  base_branch: main\n  budget: { usd: 5, wall: 2h }\n  sessions:\n    a: { driver: claude, budget: { wall: 3h } }\n  start: [a]\n",
    ["budget-exceeds-parent 3h"],
  ],
  [
    "worst case",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, budget: { usd: 60 } }\n    b: { driver: claude, budget: { usd: 60 } }\n  start: [a, b]\n",
    ["worst-case-over-budget 90"],
  ],
  [
    "fits",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, budget: { usd: 45 } }\n    b: { driver: claude, budget: { usd: 45 } }\n  start: [a, b]\n",
    [],
  ],
  [
    "bypass",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  workspace: directory\n  sessions:\n    a: { driver: claude, permissions: bypass }\n  start: [a]\n",
    ["bypass-without-isolation bypass"],
  ],
  ["bypass isolated", "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, permissions: bypass }\n  start: [a]\n", []],
  [
    "read-only and bypass",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, permissions: bypass, policies: [read-only] }\n  start: [a]\n",
    ["policy-conflict bypass"],
  ],
  [
    "pack twice same",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, policies: [baseline, baseline] }\n  start: [a]\n",
    [],
  ],
  [
    "shared workspace",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  workspace: directory\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["shared-workspace-race directory"],
  ],
  [
    "shared one denies",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  workspace: directory\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude, permissions: deny }\n  start: [a, b]\n",
    [],
  ],
  [
    "shared in turn",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  workspace: directory\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> b\n",
    [],
  ],
  ["unbounded cost info", "fleet:\n  base_branch: main\n  budget: { tokens: 5 }\n  sessions:\n    a: { driver: claude }\n  start: [a]\n", []],
  [
    "max_turns of shell",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: shell, command: [x], max_turns: 3 }\n  start: [a]\n",
    ["unsupported-by-driver 3"],
  ],
  [
    "model of shell",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: shell, command: [x], model: m }\n  start: [a]\n",
    ["unsupported-by-driver m"],
  ],
  [
    "output of shell",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: shell, command: [x], output: { x: string } }\n  start: [a]\n",
    [],
  ],
  [
    "unknown key of driver",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, tempo: 3 }\n  start: [a]\n",
    ["unknown-key tempo"],
  ],
  [
    "starving",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, output: { r: boolean } }\n    b: { driver: claude }\n    c: { driver: claude }\n    z: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> c\n    on a.done when a.output.r -> b\n    on all(b.done, c.done) -> z\n",
    ["join-may-starve all(b.done, c.done)"],
  ],
  [
    "double",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n    c: { driver: claude }\n  start: [a, b]\n  routes: |\n    on a.done -> c\n    on b.done -> c\n",
    ["double-activation on b.done -> c"],
  ],
  [
    "comma is meant",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n    c: { driver: claude }\n  start: [a, b]\n  routes: |\n    on a.done, b.done -> c\n",
    [],
  ],
  [
    "redundant",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    c: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> c\n    on a.done -> c\n",
    ["redundant-send c"],
  ],
  [
    "impossible",
    'fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, output: { g: l | r } }\n    l: { driver: claude }\n    r: { driver: claude }\n    z: { driver: claude }\n  start: a\n  routes: |\n    on a.done { when a.output.g == "l" -> l when a.output.g == "r" -> r }\n    on all(l.done, r.done) -> z\n',
    ["unsatisfiable-join all(l.done, r.done)"],
  ],
  [
    "never ends",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: |\n    on every(5m) -> a max 3\n",
    [],
  ],
  [
    "every unbounded",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: |\n    on every(5m) -> a\n",
    [],
  ],
  [
    "loop max",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> b\n    on b.done -> a max 3\n",
    [],
  ],
  [
    "loop via retry",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: |\n    on a.failed -> retry a after 1m\n",
    ["unbounded-loop on a.failed -> retry a after 1m"],
  ],
  [
    "loop via undo",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude, compensate: b }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.failed -> undo a\n    on a.compensated -> retry a max 1\n",
    [],
  ],
  [
    "settled",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n    z: { driver: claude }\n  start: [a, b]\n  routes: |\n    on all(a.settled, b.settled) -> z\n",
    [],
  ],
  [
    "mode llm rules rest",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  mode: llm\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> b\n",
    ["dead-route on a.done -> b"],
  ],
  [
    "mode hybrid",
    'fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  mode: hybrid\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> notify "x"\n',
    [],
  ],
  [
    "outputs certain",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  outputs: { x: a.output.n }\n  sessions:\n    a: { driver: claude, output: { n: integer } }\n  start: a\n",
    [],
  ],
  [
    "outputs uncertain",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  outputs: { x: b.output.n }\n  sessions:\n    a: { driver: claude, output: { ok: boolean } }\n    b: { driver: claude, output: { n: integer } }\n  start: a\n  routes: |\n    on a.done when a.output.ok -> b\n",
    ["maybe-absent b.output.n"],
  ],
  [
    "outputs safe",
    'fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  outputs: { x: b.output?.n, y: "b.output.n ?? 0" }\n  sessions:\n    a: { driver: claude, output: { ok: boolean } }\n    b: { driver: claude, output: { n: integer } }\n  start: a\n  routes: |\n    on a.done when a.output.ok -> b\n',
    [],
  ],
  [
    "cap unknown key",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes:\n    - { when: a.done, rout_to: b }\n",
    ["unknown-key rout_to"],
  ],
  [
    "cap no action",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: a.done }\n",
    ["missing-key when: a.done"],
  ],
  [
    "cap no when",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { route_to: b }\n",
    ["missing-key route_to: b"],
  ],
  [
    "cap when without done",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: a, route_to: b }\n",
    ["invalid-value a"],
  ],
  [
    "cap when failed",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: a.failed, route_to: b }\n",
    ["unknown-event failed"],
  ],
  [
    "cap empty when",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: [], route_to: b }\n",
    ["invalid-value []"],
  ],
  [
    "cap fan_out empty",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: a.done, fan_out: { to: [] } }\n",
    ["invalid-value []"],
  ],
  [
    "cap fan_out split",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes:\n    - { when: a.done, fan_out: { to: [b], split: subtask } }\n",
    ["invalid-value subtask"],
  ],
  [
    "cap fan_out dup",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes:\n    - { when: a.done, fan_out: { to: [b, b] } }\n",
    ["duplicate-target b"],
  ],
  [
    "cap by_subtask on join",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n    c: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: [a.done, b.done], fan_out: { to: [c], split: by_subtask } }\n",
    ["invalid-value by_subtask"],
  ],
  [
    "cap collect",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n  routes:\n    - { when: [a.done, b.done], collect: robot }\n",
    ["invalid-value robot"],
  ],
  [
    "cap loop",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes:\n    - { when: a.done, route_to: b }\n    - { when: b.done, route_to: a }\n",
    ["unbounded-loop { when: b.done, route_to: a }"],
  ],
  [
    "mixed list",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n    c: { driver: claude }\n  start: a\n  routes:\n    - { when: a.done, route_to: b }\n    - on b.done -> c\n",
    [],
  ],
  [
    "routes a map",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: { x: 1 }\n",
    ["wrong-type { x: 1 }"],
  ],
  [
    "routes number item",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: [ 5 ]\n",
    ["wrong-type 5"],
  ],
  [
    "driver plugin missing",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: my-driver }\n  start: [a]\n",
    ["unknown-driver my-driver"],
  ],
  [
    "budget.reached no budget",
    'fleet:\n  base_branch: main\n  budget: {}\n  sessions:\n    a: { driver: claude }\n  start: a\n  routes: |\n    on budget.reached(50%) -> notify "x"\n',
    ['dead-route on budget.reached(50%) -> notify "x"'],
  ],
  [
    "sup yaml",
    "fleet:\n  base_branch: main\n  budget: { usd: 90 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n",
    ["unreachable-session b"],
  ],
]

it.each(fleets)("%s", (_, text, problems) => expect(told(text)).toEqual(problems))
