/** Fleets of which the checker tells one scenario, each of another kind. */
export interface Told {
  readonly name: string
  /** Lines under `fleet:` besides sessions `a` to `d`, `w` and `z`. */
  readonly more?: string
  readonly routes: ReadonlyArray<string>
  readonly code: "join-may-starve" | "double-activation" | "unsatisfiable-join" | "never-ends" | "shared-workspace-race"
  readonly scenario: string
  /** The session that a join which waits for ever would have activated, the one that two rules activate at once, one that is asked for again and again, or two that work in one place. */
  readonly session: string
}

const starves = (scenario: string, session = "z") => ({ code: "join-may-starve", session, scenario }) as const
const never = (scenario: string) => ({ code: "unsatisfiable-join", session: "z", scenario }) as const
const endless = (session: string, scenario: string) => ({ code: "never-ends", session, scenario }) as const
const doubles = (session: string, scenario: string) => ({ code: "double-activation", session, scenario: `${scenario} → both activate ${session}` }) as const

const races = (session: string, scenario: string) => ({ code: "shared-workspace-race", session, scenario }) as const

export const counterexamples: ReadonlyArray<Told> = [
  {
    name: "a guard on an output",
    routes: ["on a.done -> c", "on a.done when a.output.risky -> b", "on all(b.done, c.done) -> z"],
    ...starves("a done, risky = false → c done → the join still waits for b"),
  },
  {
    name: "inputs, two of which only have to be there",
    more: "inputs: { deep: boolean, since: duration, note: string }",
    routes: ["on a.done -> c", "on a.done when inputs.deep -> b", 'on all(b.done, c.done) -> z with "${inputs.note} ${inputs.since}"'],
    ...starves("a done, inputs.deep = false → c done → the join still waits for b"),
  },
  {
    name: "a text",
    routes: ["on a.done -> c", 'on a.done when contains(a.text, "risky") -> b', "on all(b.done, c.done) -> z"],
    ...starves("a done, the guard on a is false → c done → the join still waits for b"),
  },
  {
    name: "what a session has cost, by a name",
    more: "limits: { parallel: 3 }",
    routes: ["let cheap = a.cost < $2.00", "on a.done -> c", "on a.done when cheap -> b", "on all(b.done, c.done) -> z"],
    ...starves("a done, the guard on a is false → c done → the join still waits for b"),
  },
  {
    name: "a loop of which one side goes another round",
    routes: ["on a.done -> [b, c]", "on all(b.done, c.done) -> d", "on d.done {\n  when d.output.ok -> complete\n  otherwise -> b max 3\n}"],
    ...starves("a done → c done → b done → d done, ok = false → b done → the join still waits for c", "d"),
  },
  {
    name: "a gate that is rejected",
    routes: ['on a.done -> { b; gate ok "Go on?" }', "on ok.approved -> c", "on all(b.done, c.done) -> z"],
    ...starves("a done → b done → gate ok rejected → the join still waits for c"),
  },
  {
    name: "a gate that expires",
    routes: ['on a.done -> { b; gate ok "Go on?" within 1h }', "on ok.approved, ok.rejected -> c", "on all(b.done, c.done) -> z"],
    ...starves("a done → b done → gate ok expired → the join still waits for c"),
  },
  {
    name: "a selection",
    routes: ["on a.done -> { d; select from [a, d] }", 'on human.selected when human.selection == "a" -> b', "on all(b.done, d.done) -> z"],
    ...starves("a done → d done → human selected, selection = d → the join still waits for b"),
  },
  {
    name: "the winner of a race",
    routes: ["on a.done -> [b, c]", "on race(b.done, c.done) -> d", "on d.done -> w", "on b.done -> w"],
    ...doubles("w", "a done → b done → d done"),
  },
  {
    name: "a time limit that passes",
    routes: ["on a.done -> [b, d]", 'on all(a.done, b.done) within 10m otherwise -> c -> notify "in time"', "on d.done -> c"],
    ...doubles("c", "r2 waits too long → a done → d done"),
  },
  {
    name: "a time limit that does not pass",
    routes: ["on a.done -> [b, d]", 'on all(b.done, d.done) within 3s otherwise -> c -> notify "in time"', "on all(a.done, c.done) -> z"],
    ...starves("a done → b done → d done → the join still waits for c"),
  },
  {
    name: "instances of which there are too few",
    routes: ['on a.done -> for t in a.output.tasks -> w with "${t}"', "on 2 of (w.done) -> z"],
    ...starves("a done, len(tasks) = 1 → w done → the join still waits for more of w"),
  },
  {
    name: "instances that take turns",
    routes: ['on a.done -> { for t in a.output.tasks -> w with "${t}" limit 1; b }', "on 2 of (w.done) -> c", "on b.done -> c"],
    ...doubles("c", "a done, len(tasks) = 2 → w done (2 instances) → b done"),
  },
  {
    name: "each instance",
    routes: ['on a.done -> { for t in a.output.tasks -> w with "${t}" limit 1; b }', "on each(w.done) -> c", "on b.done -> c"],
    ...doubles("c", "a done, len(tasks) = 1 → w done → b done"),
  },
  {
    name: "fewer subtasks than sessions",
    routes: ["on a.done -> [b, c] by subtask", "on all(b.done, c.done) -> z"],
    ...starves("a done, subtasks = 1 → b done → the join still waits for c"),
  },
  {
    name: "subtasks enough",
    routes: ["on a.done -> [b, c] by subtask", "on b.done -> z", "on c.done -> z"],
    ...doubles("z", "a done, subtasks = 2 → b done → c done"),
  },
  {
    name: "what is sent later",
    routes: ["on a.done -> b after 5m", "on a.done -> c", "on c.done when c.output.ok -> d", "on all(b.done, d.done) -> z"],
    ...starves("a done → b done → c done, ok = false → the join still waits for d"),
  },
  {
    name: "a pause",
    routes: ['on a.done -> { c; pause "look at it" }', "on a.done when a.output.risky -> b", "on all(b.done, c.done) -> z"],
    ...starves("a done, risky = false → c done → the join still waits for b"),
  },
  {
    name: "a timer that keeps the run going",
    routes: ["on a.done -> [b, c]", "on b.done -> z", "on c.done -> z", "on z.failed -> complete", "on every(1h) -> w"],
    ...doubles("z", "a done → b done → c done"),
  },
  {
    name: "sessions with little time",
    more: "defaults: { timeout: 6s, idle_timeout: 5s }",
    routes: [
      "on a.done -> [b, w]",
      "on b.done -> c",
      "on c.done -> d",
      "on d.done when d.output.ok -> complete",
      "on d.done -> c max 1",
      "on d.done -> z",
      "on w.done -> z",
    ],
    ...doubles("z", "a done → b done → w done → c done → d done, ok = false"),
  },
  {
    name: "two ways of which a session goes one",
    routes: ["on a.done {\n  when a.output.risky -> b\n  otherwise -> c\n}", "on all(b.done, c.done) -> z"],
    ...never("a done, risky = false → c done → the join still waits for b"),
  },
  {
    name: "a join beside a loop without a bound",
    routes: ["on a.done -> c", "on a.done when a.output.risky -> b", "on all(b.done, c.done) -> z", "on d.done -> w", "on w.done -> d"],
    ...starves("a done, risky = false → c done → the join still waits for b"),
  },
  {
    name: "what nothing brings about",
    routes: ["on a.done -> b", "on b.done -> w", "on all(b.done, c.done) -> z"],
    ...never("nothing starts c"),
  },
  {
    name: "two ends of one activation",
    routes: ['on a.done -> gate go "Go on?"', "on go.approved -> b", "on all(b.done, b.failed) -> z"],
    ...never("its members never end together"),
  },
  {
    name: "people who are asked whatever they answer",
    routes: [
      'on a.done -> gate ok "Go on?"',
      'on ok.approved -> gate more "And on?"',
      "on ok.rejected -> d",
      'on d.done, more.approved, more.rejected -> gate ok "Well?"',
    ],
    ...endless("d", "d and gate more and gate ok: whatever people answer, they are asked again"),
  },
  {
    name: "a timer that starts a session again and again",
    routes: ["on a.done -> b", "on every(1h) -> w"],
    ...endless("w", "the timer fires again and again, and no rule says complete or fail"),
  },
  {
    name: "people who select whatever they have selected",
    routes: ["on a.done -> [b, c]", "on b.done -> select from [b, c]", "on human.selected -> b"],
    ...endless("b", "b and human: whatever people answer, they are asked again"),
  },
  {
    name: "two that work in one directory",
    more: "workspace: directory",
    routes: ["on a.done -> c", "on a.done when a.output.risky -> b"],
    ...races("b c", "a done, risky = true"),
  },
  {
    name: "two that work in one directory, of which few work at once",
    more: "limits: { parallel: 2 }\n  defaults: { workspace: directory }",
    routes: ["on a.done -> [c, w]", "on c.done -> d"],
    ...races("c w", "a done"),
  },
  {
    name: "what has started",
    routes: ["on a.started -> b", "on a.done -> b"],
    ...doubles("b", "a started → a done"),
  },
]

export const fleetText = ({ more, routes }: Told): string => `fleet:
  base_branch: main
  task: do it
${more === undefined ? "" : `  ${more}\n`}  sessions:
    a: { driver: claude, output: { risky: boolean, tasks: [string] } }
    b: { driver: claude }
    c: { driver: claude, output: { ok: boolean } }
    d: { driver: claude, output: { ok: boolean } }
    w: { driver: claude }
    z: { driver: claude }
  start: a
  routes: |
${routes.join("\n").replace(/^/gm, "    ")}
`
