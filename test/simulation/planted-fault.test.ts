/** A machine that sets its timers late: the seeds must notice, and what is written down of it must show it again. */
import { parse } from "yaml"
import { expect, it, vi } from "vitest"
import { compile } from "#compiler"
import { builtinPolicies, silentModels } from "#plugins"
import { makeScripted } from "#plugins/drivers/scripted/index.ts"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import { readSimulation } from "../../library/read-simulation.ts"
import { simulate } from "../../runtime/engine/simulate.ts"
import type * as Machine from "../../runtime/machine/index.ts"
import type { FleetEvent, Folding } from "../../runtime/machine/index.ts"
import { caseOf, depthOf, examine, filesOf, shrink } from "./seeds.ts"

const lateMs = 700

vi.mock("../../runtime/machine/index.ts", async (original) => {
  const machine = await original<typeof Machine>()
  const foldFrom: (typeof Machine)["foldFrom"] = (ir, state): Folding => {
    const folding = machine.foldFrom(ir, state)
    return {
      state: folding.state,
      take: (fact) => {
        const { commands, ...outcome } = folding.take(fact)
        return { ...outcome, commands: commands.map((command) => (command.type === "timer.set" ? { ...command, at: command.at + lateMs } : command)) }
      },
    }
  }
  return { ...machine, foldFrom }
})

const firstBroken = async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { broken, ends } = await examine(caseOf(seed), depthOf(seed))
    if (broken?.message.includes("takes longer than") === true) return { seed, broken, ends }
  }
  throw new Error("nobody noticed")
}

/** How long turns took that ended because they took too long. */
const timeouts = (events: ReadonlyArray<FleetEvent>): ReadonlyArray<number> => {
  const begun = new Map<string, number>()
  return events.flatMap((event) => {
    if (event.type === "turn.started") begun.set(event.session, event.at)
    return event.type === "turn.failed" && event.error.kind === "timeout" ? [event.at - (begun.get(event.session) ?? 0)] : []
  })
}

it("a fault of the machine shrinks to a fleet and a script that show it", async () => {
  const { seed, broken, ends } = await firstBroken()
  const small = await shrink(seed, broken, depthOf(seed), ends, 100)
  expect(small.broken.law).toBe(broken.law)
  const { fleet, script } = filesOf(small)
  const [before] = [filesOf({ given: caseOf(seed), broken })]
  expect(fleet.length + script.length).toBeLessThan(before.fleet.length + before.script.length)

  const { ir } = compile({ file: "fleet.yaml", text: fleet, files: () => undefined, plugins: builtinManifests })
  const read = readSimulation(parse(script))
  if (ir === undefined || !read.ok) throw new Error("what was written is not what was meant")
  const { events } = await simulate(ir, {
    driver: makeScripted(read.script),
    outside: read.outside,
    policies: builtinPolicies,
    routers: silentModels,
  })
  const limits = ir.sessions.map(({ timeoutMs }) => timeoutMs ?? 0)
  expect(timeouts(events)[0]).toBeGreaterThan(Math.min(...limits) + lateMs / 2)
}, 120_000)
