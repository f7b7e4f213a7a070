/** The drivers of sessions that name an agent or a manifest instead of a driver, by the names the IR has for them. */
import type { Ir, Session } from "#ir"
import type { Driver } from "#sdk"
import { manifestAt, manifestOf, probeManifest } from "./find-manifest.ts"
import { manifestDriver } from "./manifest-driver.ts"
import type { ReadManifest } from "./read-manifest.ts"

type Drivers = { readonly [name: string]: Driver }

export type AgentDrivers = { readonly drivers: Drivers; readonly problems: ReadonlyArray<string> }

/** `known`: the drivers of this program, which stand for agents without a manifest: fleets of CAP write `agent: claude` for them. */
const driverFor = async (use: string, directory: string, known: Drivers): Promise<Driver | ReadonlyArray<string>> => {
  const [, kind, name = ""] = /^(agent|manifest):(.*)$/su.exec(use) ?? []
  const made = (read: ReadManifest): Driver | ReadonlyArray<string> => (read.ok ? manifestDriver(read.manifest) : read.problems)
  if (kind === "manifest") {
    const driver = made(await manifestAt(name, directory))
    return "open" in driver ? driver : driver.map((problem) => `the manifest ${name}: ${problem}`)
  }
  const found = await manifestOf(name)
  if (found !== undefined) return made(found)
  const own = Object.hasOwn(known, name) ? known[name] : undefined
  if (own !== undefined) return own
  const told = await probeManifest(name)
  return told === undefined
    ? [`there is no manifest of the agent ${name}: put one at ~/.config/cap/agents/${name}.toml, or write its path with \`manifest\``]
    : made(told)
}

/** What a session says and its driver cannot do, which the compiler tells only of drivers that it knows. */
const lacks = ({ model, maxTurns }: Session, { capabilities }: Driver): ReadonlyArray<string> => [
  ...(model !== undefined && !capabilities.model ? ["its agent cannot be told which model to use; remove `model`"] : []),
  ...(maxTurns !== undefined && !capabilities.maxTurns ? ["its agent cannot be told how many turns to take; remove `max_turns`"] : []),
]

/** `directory` is the fleet file's. Problems name the session. */
export const agentDrivers = async (ir: Ir, directory: string, known: Drivers): Promise<AgentDrivers> => {
  const sessions = ir.sessions.filter(({ driver }) => /^(?:agent|manifest):/u.test(driver.use))
  const uses = [...new Set(sessions.map(({ driver }) => driver.use))]
  const found = new Map(await Promise.all(uses.map(async (use) => [use, await driverFor(use, directory, known)] as const)))
  const isDriver = (value: Driver | ReadonlyArray<string> | undefined): value is Driver => value !== undefined && "open" in value
  return {
    drivers: Object.fromEntries([...found].flatMap(([use, driver]) => (isDriver(driver) ? [[use, driver]] : []))),
    problems: sessions.flatMap((session) => {
      const driver = found.get(session.driver.use)
      const problems = driver === undefined ? [] : isDriver(driver) ? lacks(session, driver) : driver
      return problems.map((problem) => `session "${session.id}": ${problem}`)
    }),
  }
}
