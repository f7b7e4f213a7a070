/** What workspaces start from, in a real repository: agents see the files of those they follow. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { builtinWorkspaces, builtinDrivers } from "#plugins"
import type { Ir, Rule, Session } from "#ir"
import { fleet, followUp, session } from "./fleet.ts"
import { makeMemoryJournal, startFleet, type FleetEvent } from "../../../runtime/index.ts"
import { repository } from "../../plugins/git-worktree-place.ts"

const sh = (id: string, script: string, from: Session["from"]): Session =>
  session(id, { driver: { use: "shell", with: { command: ["sh", "-c", script] } }, workspace: { use: "git-worktree", with: {} }, from })

const again = (rule: Rule): Rule => ({
  ...rule,
  cases: rule.cases.map(({ action }) => ({ action: action.kind === "send" ? { ...action, max: { count: 1 } } : action })),
})

const run = async (root: string, ir: Ir) => {
  const events: Array<FleetEvent> = []
  const started = await startFleet(
    { ...ir, fleet: { ...ir.fleet, baseBranch: "main" } },
    {
      drivers: builtinDrivers,
      workspaces: builtinWorkspaces,
      journal: makeMemoryJournal(),
      root,
      env: process.env,
      run: "r",
      onEvent: (event) => events.push(event),
    },
  )
  const result = await started.result
  await started.close()
  return { result, notes: events.flatMap((event) => (event.type === "notified" ? [event.text] : [])) }
}

const trigger = { kind: "trigger" } as const

describe("a session in a worktree", () => {
  it("follows the trigger, a named session or the base", async () => {
    const { root, run: git } = repository()
    const list = (id: string): string => `ls > seen-${id}.txt`
    const ir = fleet(
      [
        sh("a", "echo a > made-by-a.txt", { kind: "base" }),
        sh("b", "ls", trigger),
        sh("c", list("c"), trigger),
        sh("d", list("d"), { kind: "base" }),
        sh("e", list("e"), { kind: "session", session: "a" }),
      ],
      [followUp(1, "a", "b"), followUp(2, "b", "c"), followUp(3, "c", "d"), followUp(4, "d", "e")],
    )
    const { result } = await run(root, ir)
    expect(result.sessions.map(({ id, status, branch }) => `${id} ${status} ${branch}`)).toEqual([
      "a done fleetwright/r/a",
      "b done fleetwright/r/a",
      "c done fleetwright/r/c",
      "d done fleetwright/r/d",
      "e done fleetwright/r/e",
    ])
    expect(git("show", "fleetwright/r/c:seen-c.txt")).toBe("a.txt\nmade-by-a.txt\nseen-c.txt")
    expect(git("show", "fleetwright/r/d:seen-d.txt")).toBe("a.txt\nseen-d.txt")
    expect(git("show", "fleetwright/r/e:seen-e.txt")).toBe("a.txt\nmade-by-a.txt\nseen-e.txt")
    expect(existsSync(join(root, ".fleetwright/worktrees/r"))).toBe(false)
  })

  it("that several trigger together has the work of all, in their order, and who goes on from it too", async () => {
    const { root, run: git } = repository()
    const both = (number: number, from: readonly [string, string], to: string): Rule => ({
      ...followUp(number, from[0], to),
      join: { kind: "all", of: from.map((id, leaf) => ({ kind: "event", leaf, event: { source: "session", session: id, event: "done" } })) },
    })
    const ir = fleet(
      [
        sh("a", "echo a > by-a.txt", { kind: "base" }),
        sh("b", "echo b > by-b.txt; echo b > a.txt", { kind: "base" }),
        sh("c", "echo c > by-c.txt", { kind: "session", session: "a" }),
        sh("d", "echo d > a.txt", { kind: "base" }),
        sh("merged", "ls", trigger),
        sh("older", "ls", trigger),
        sh("after", "ls > seen.txt", trigger),
        sh("torn", "cat a.txt > seen.txt", trigger),
      ],
      [
        followUp(1, "a", "c"),
        both(2, ["c", "b"], "merged"),
        // the work of a is in that of c
        both(3, ["c", "a"], "older"),
        followUp(4, "older", "after"),
        both(5, ["d", "b"], "torn"),
      ],
    )
    const { result, notes } = await run(root, { ...ir, start: ["a", "b", "d"], limits: { parallel: 1 } })
    expect(result.status).toBe("succeeded")
    expect(git("ls-tree", "--name-only", "fleetwright/r/merged")).toBe("a.txt\nby-a.txt\nby-b.txt\nby-c.txt")
    expect(git("show", "fleetwright/r/after:seen.txt")).toBe("a.txt\nby-a.txt\nby-c.txt\nseen.txt")
    expect(git("show", "fleetwright/r/torn:seen.txt")).toBe("d")
    expect(notes.filter((note) => note.startsWith("torn"))).toEqual([
      "torn goes on without the newest work of b: the two do not fit together in a.txt",
      "torn and b changed the same lines of a.txt: merging both will conflict",
    ])
  })

  it("has the newest work each time it is asked, and what does not fit is told", async () => {
    const { root, run: git } = repository()
    const ir = fleet(
      [sh("author", "echo $(wc -l < log.txt) >> log.txt; touch review.txt", trigger), sh("reviewer", "wc -l < log.txt >> review.txt", trigger)],
      [followUp(1, "author", "reviewer"), again(followUp(2, "reviewer", "author"))],
    )
    writeFileSync(join(root, "log.txt"), "")
    git("add", ".")
    git("commit", "--quiet", "-m", "log")
    const { result, notes } = await run(root, ir)
    expect({ status: result.status, notes }).toEqual({ status: "succeeded", notes: [] })
    expect(git("show", "fleetwright/r/reviewer:review.txt")).toBe("1\n2")

    const two = fleet([sh("x", "echo x > a.txt", trigger), sh("y", "echo y > a.txt", trigger), sh("z", "echo z > a.txt", { kind: "base" })], [])
    const { notes: told } = await run(root, { ...two, start: ["x", "y", "z"], limits: { parallel: 1 } })
    expect(told).toEqual([
      "y and x changed the same lines of a.txt: merging both will conflict",
      "z and x changed the same lines of a.txt: merging both will conflict",
      "z and y changed the same lines of a.txt: merging both will conflict",
    ])
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("one\n")
  })
})
