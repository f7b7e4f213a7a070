import { expect, it } from "vitest"
import { describe as tell } from "../../cli/describe.ts"
import { compile } from "../../compiler/index.ts"

const text = `fleet:
  name: loop
  base_branch: main
  permissions: deny
  budget: { usd: 6 }
  defaults: { driver: claude, timeout: 10m }
  sessions:
    lead: { role: architect, budget: { usd: 1 }, output: { tasks: [string] } }
    worker: { driver: codex, permissions: allow, budget: { usd: 0.5 } }
    reviewer: { permissions: ask, budget: { usd: 2 }, policies: [read-only] }
    spare: {}
  start: lead
  routes: |
    on lead.done -> for t in lead.output.tasks -> worker limit 4
    on all(worker.done) -> reviewer
    # fleet-ignore join-may-starve: the gate may be closed
    on all(reviewer.done, ship.approved) -> complete
    on reviewer.done -> gate ship "Ship?" within 1h
    on ship.rejected -> lead max 2
`

it("tells a fleet in plain words", () => {
  const { ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
  expect(ir && tell(ir)).toBe(`loop: 4 sessions, 5 rules; starts with lead; at most 8 at once.

Sessions
- lead (architect): claude in git-worktree; may do nothing that needs permission; at most 10m a turn.
  Activated at most 3 times: 1 at the start + 2 by the rule in line 19 (max 2).
  Turns: 6. Cost: $1.00.
- worker, one for each item: codex in git-worktree; acts without asking unless the risk is high; at most 10m a turn.
  Activated at most 3 × len(lead.output.tasks) times: 3 × len(lead.output.tasks) by the rule in line 14.
  Turns: 3 × len(lead.output.tasks). Cost: $1.50 × len(lead.output.tasks).
- reviewer: claude in git-worktree; asks a person before it acts; held to read-only; at most 10m a turn.
  Activated at most 3 times: 3 by the rule in line 15.
  Turns: 3. Cost: $2.00.
- spare: claude in git-worktree; may do nothing that needs permission; at most 10m a turn.
  Nothing starts it.

Who is asked
- permissions of lead, spare: refused, nobody is asked.
- permissions of worker: granted, but a person answers where the risk is high.
- permissions of reviewer: a person answers.
- the gate ship: a person answers.

At worst
- turns: 6 (lead) + 3 × len(lead.output.tasks) (worker) + 3 (reviewer) = 9 + 3 × len(lead.output.tasks).
- cost: $1.00 (lead) + $1.50 × len(lead.output.tasks) (worker) + $2.00 (reviewer) = $3.00 + $1.50 × len(lead.output.tasks); the run's budget ends it at $6.00.
- time, not counting what people take to answer: 1h 30m + 30m × len(lead.output.tasks).
- the join of 2 events in line 17 may wait in vain, without any failure.
`)
})

it("does not say that a command asks, and counts in English", () => {
  const { ir } = compile({
    file: "fleet.yaml",
    text: "fleet:\n  workspace: none\n  sessions: { a: { driver: shell, command: [make] } }\n  start: a\n",
    files: () => undefined,
  })
  expect(ir && tell(ir)).toContain("- a: shell in none; does its work without asking.\n  Activated at most 1 time: 1 at the start.\n")
})
