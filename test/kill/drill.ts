/**
 * One drill: a fleet of real commands whose process is killed (SIGKILL) at random moments and taken up again, several times over, until it ends.
 * Whatever the moments, the end must be the same, nothing that finished may be done again, and nothing may be left behind.
 */
import { execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { markedProcesses } from "#sdk"
import { chainStart, makeSqliteJournal, replayRun, verifyChain, type FleetEvent, type JournalShape } from "#runtime"

/** What users start: a process that is killed again and again had better load its code quickly. */
const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))

const fleet = `fleet:
  name: drill
  base_branch: main
  task: go
  permissions: allow
  budget: { wall: 10m }
  defaults: { driver: shell, timeout: 1m, effect: idempotent }
  sessions:
    plan: { command: [sh, -c, 'echo "plan" >> "$DRILL_LOG"; sleep 0.05; echo "planned: $(cat)"'], workspace: none, env: { DRILL_LOG: $DRILL_LOG } }
    north: { command: [sh, -c, 'echo "north" >> "$DRILL_LOG"; echo cold > north.txt; sleep 0.1; cat north.txt'], env: { DRILL_LOG: $DRILL_LOG } }
    south: { command: [sh, -c, 'echo "south" >> "$DRILL_LOG"; sleep 0.1; echo warm'], workspace: none, env: { DRILL_LOG: $DRILL_LOG } }
    editor: { command: [sh, -c, 'echo "editor" >> "$DRILL_LOG"; sleep 0.03; cat'], workspace: none, env: { DRILL_LOG: $DRILL_LOG } }
  start: plan
  outputs: { text: editor.text }
  routes: |
    on plan.done -> [north, south]
    on all(north.done, south.done) -> editor with "\${north.text} and \${south.text}" after 20ms
    on editor.done -> editor with "\${editor.text}!" max 2 then complete
`

export interface Drill {
  readonly kills: number
  /** How long after its start each process was killed, in ms. */
  readonly moments: ReadonlyArray<number>
}

export interface Ground {
  readonly directory: string
  readonly remove: () => void
}

/** A git repository with the fleet in it, for many drills one after the other. */
export const makeGround = (): Ground => {
  const directory = mkdtempSync(join(tmpdir(), "fleet-kill-"))
  const git = (...args: ReadonlyArray<string>): void =>
    void execFileSync("git", ["-c", "user.name=drill", "-c", "user.email=drill@example.org", ...args], { cwd: directory })
  git("init", "--quiet", "--initial-branch", "main")
  writeFileSync(join(directory, "fleet.yaml"), fleet)
  git("add", ".")
  git("commit", "--quiet", "--message", "start")
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }) }
}

interface Ended {
  readonly code: number | null
  readonly err: string
  readonly ms: number
}

/** Runs the command line; after `killAfter` ms its process, and nothing else, is killed. */
const fleetwright = ({ directory }: Ground, args: ReadonlyArray<string>, killAfter?: number): Promise<Ended> =>
  new Promise((done, broken) => {
    const since = performance.now()
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: directory,
      env: { ...process.env, DRILL_LOG: join(directory, "drill.log") },
      stdio: ["ignore", "ignore", "pipe"],
    })
    let err = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter)
    // Agents that outlive their run hold its standard error open: `close` would wait for them.
    child.once("error", broken).once("exit", (code) => {
      clearTimeout(timer)
      child.stderr.destroy()
      done({ code, err, ms: performance.now() - since })
    })
  })

const withJournal = <A>({ directory }: Ground, work: (journal: JournalShape) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(makeSqliteJournal(join(directory, ".fleetwright", "state.db")), work)))

const latestRun = (ground: Ground): Promise<string | undefined> =>
  existsSync(join(ground.directory, ".fleetwright", "state.db"))
    ? withJournal(ground, (journal) => Effect.map(journal.runs(), (runs) => runs.at(-1)?.run))
    : Promise.resolve(undefined)

const expect = (holds: boolean, message: string): void => {
  if (!holds) throw new Error(message)
}

const count = <A>(all: ReadonlyArray<A>, wanted: (one: A) => boolean): number => all.filter(wanted).length

const checkEvents = (events: ReadonlyArray<FleetEvent>, executions: ReadonlyArray<string>): void => {
  expect(
    events.every(({ seq }, at) => seq === at + 1),
    "events count from one without a gap",
  )
  expect(count(events, ({ type }) => type === "run.ended") === 1 && events.at(-1)?.type === "run.ended", "the run ends once, and last")
  const end = events.at(-1)
  expect(end?.type === "run.ended" && end.status === "succeeded" && end.outputs?.["text"] === "cold and warm!!", `the end is the same: ${JSON.stringify(end)}`)
  for (const [session, turns] of [
    ["plan", 1],
    ["north", 1],
    ["south", 1],
    ["editor", 3],
  ] as const) {
    const started = count(events, (event) => event.type === "turn.started" && event.session === session)
    const over = count(events, (event) => (event.type === "turn.done" || event.type === "turn.failed") && event.session === session)
    const done = count(events, (event) => event.type === "session.done" && event.session === session)
    const ran = count(executions, (one) => one === session)
    expect(done === turns, `${session} is done ${turns} times, not ${done}`)
    expect(started === over, `${session}: ${started} attempts started, ${over} ended`)
    expect(ran >= turns && ran <= started, `${session} was executed ${ran} times in ${started} attempts`)
  }
}

/** A process that has hardly loaded its code has nothing to lose. */
const loadingShare = 0.2

/** Throws what did not hold. `random` gives numbers in [0, 1); `lifeMs`: how long a run takes that nobody kills. */
export const drill = async (ground: Ground, random: () => number, lifeMs: number, mostKills = 3): Promise<Drill> => {
  const log = join(ground.directory, "drill.log")
  writeFileSync(log, "")
  const before = await latestRun(ground)
  const moments: Array<number> = []
  const kills = 1 + Math.floor(random() * mostKills)
  let run: string | undefined
  let ended: Ended | undefined
  for (let life = 0; life <= kills; life++) {
    const killAfter = life === kills ? undefined : Math.round(lifeMs * (loadingShare + (1 - loadingShare) * random()))
    if (killAfter !== undefined) moments.push(killAfter)
    ended = await fleetwright(ground, run === undefined ? ["run", "fleet.yaml", "--headless"] : ["resume", run, "--headless"], killAfter)
    const latest = await latestRun(ground)
    // Killed before it had written down that it began: then there is nothing to take up.
    run = latest === before ? undefined : latest
  }
  expect(ended?.code === 0, `the last process exits with ${ended?.code}: ${ended?.err}`)
  expect(run !== undefined, "the run is in the journal")
  const id = run ?? ""
  await withJournal(ground, (journal) =>
    Effect.gen(function* () {
      const events = (yield* journal.read(id)).flatMap((record) => record.events)
      checkEvents(events, readFileSync(log, "utf8").trim().split("\n"))
      const entry = yield* journal.about(id)
      expect(verifyChain(chainStart(id, entry.ir), yield* journal.stored(id), entry).length === 0, "the chain of records is whole")
      expect((yield* replayRun(journal, id)).difference === undefined, "the facts give the same events again")
      expect(entry.alive === undefined, "nobody holds the run")
    }),
  )
  expect(markedProcesses(id).length === 0, "no process is left")
  const worktrees = join(ground.directory, ".fleetwright", "worktrees", id)
  expect(!existsSync(worktrees) || readdirSync(worktrees).length === 0, "no worktree is left")
  const kept = execFileSync("git", ["show", `fleetwright/${id}/north:north.txt`], { cwd: ground.directory, encoding: "utf8" })
  expect(kept === "cold\n", "the work is on its branch")
  return { kills: moments.length, moments }
}

/** How long one run takes that nobody kills, in ms: the shorter of two, since the first one warms up. */
export const measureLife = async (ground: Ground): Promise<number> => {
  let least = Infinity
  for (let time = 0; time < 2; time++) {
    const { code, err, ms } = await fleetwright(ground, ["run", "fleet.yaml", "--headless"])
    expect(code === 0, `the fleet does not run: ${err}`)
    least = Math.min(least, ms)
  }
  return least
}

/** The same numbers for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
