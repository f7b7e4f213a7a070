/**
 * The conformance suite of drivers: what the engine relies on, tried on a driver with an agent of its author's choice. What a
 * driver declares that it cannot do is skipped, and the report says so.
 */
import type { DriverCapabilities } from "../driver.ts"
import { faultCases } from "./fault-cases.ts"
import { scenesOf, type DriverFixture, type Scenes } from "./fixture.ts"
import { requestCases } from "./request-cases.ts"
import { turnCases } from "./turn-cases.ts"

export interface SuiteCase {
  readonly name: string
  /** All of these; of `model` and `systemPrompt` one is enough. */
  readonly needs?: keyof DriverCapabilities | ReadonlyArray<keyof DriverCapabilities>
  readonly scene?: keyof Scenes
  /** Puts faults into the agent's process. */
  readonly process?: true
  readonly run: (fixture: DriverFixture) => Promise<void>
}

export interface DriverCase {
  readonly name: string
  /** Why it does not apply to this driver. */
  readonly skip?: string
  /** Rejects with what is wrong. */
  readonly run: () => Promise<void>
}

const cases: ReadonlyArray<SuiteCase> = [...turnCases, ...requestCases, ...faultCases]

const lacking = ({ needs = [] }: SuiteCase, capabilities: DriverCapabilities): string | undefined => {
  const names = typeof needs === "string" ? [needs] : needs
  const missing = names.filter((name) => capabilities[name] === false || capabilities[name] === "none")
  const enough = names.includes("systemPrompt") ? missing.length < names.length : missing.length === 0
  return enough ? undefined : `it declares no ${missing.join(", ")}`
}

const hasScene = ({ scene }: SuiteCase, fixture: DriverFixture): boolean => scene === undefined || scenesOf(fixture)[scene] !== undefined

const whySkip = (each: SuiteCase, fixture: DriverFixture): string | undefined => {
  const lacks = lacking(each, fixture.driver.capabilities)
  if (lacks !== undefined) return lacks
  if (each.process === true && fixture.process === false) return "its agent is no process that faults could be put into"
  if (hasScene(each, fixture)) return undefined
  return each.needs === undefined ? `its fixture has no scene \`${each.scene}\`` : undefined
}

const missingScene =
  (each: SuiteCase, fixture: DriverFixture): DriverCase["run"] =>
  async () => {
    throw new Error(`${fixture.name} declares ${[each.needs].flat().join(" and ")}, but its fixture has no scene \`${each.scene}\` to show it`)
  }

/**
 * The cases for a driver. With vitest: `for (const { name, skip, run } of driverSuite(fixture)) it.skipIf(skip !== undefined)(name, run)`.
 */
export const driverSuite = (fixture: DriverFixture): ReadonlyArray<DriverCase> =>
  cases.map((each) => {
    const skip = whySkip(each, fixture)
    return { name: each.name, ...(skip === undefined ? {} : { skip }), run: hasScene(each, fixture) ? () => each.run(fixture) : missingScene(each, fixture) }
  })

export interface DriverReport {
  readonly driver: string
  readonly cases: ReadonlyArray<{ readonly name: string; readonly outcome: "passed" | "failed" | "skipped"; readonly detail?: string }>
}

/** Runs the suite without a test runner, one case after the other. */
export const runDriverSuite = async (fixture: DriverFixture): Promise<DriverReport> => {
  const done: Array<DriverReport["cases"][number]> = []
  for (const { name, skip, run } of driverSuite(fixture)) {
    if (skip !== undefined) done.push({ name, outcome: "skipped", detail: skip })
    else {
      done.push(
        await run().then(
          () => ({ name, outcome: "passed" as const }),
          (error: unknown) => ({ name, outcome: "failed" as const, detail: error instanceof Error ? error.message : String(error) }),
        ),
      )
    }
  }
  return { driver: fixture.name, cases: done }
}
