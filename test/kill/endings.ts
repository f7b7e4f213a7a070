/**
 * Runs that end in every way there is: well, failed, cancelled, interrupted, killed and taken up again, killed and given up. Several at once in one
 * repository, with a command and a small agent that both leave processes in sessions of their own. Afterwards it is counted what is left.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { markedProcesses } from "#sdk"
import { signal } from "../cli/command-line.ts"

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const fleet = `fleet:
  name: endings
  base_branch: main
  permissions: allow
  budget: { wall: 10m }
  defaults:
    timeout: 5m
    effect: idempotent
    env: { ENDINGS: $ENDINGS, ENDING: $ENDING }
  sessions:
    worker: { driver: shell, command: [sh, worker.sh] }
    agent: { driver: claude, command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(source("../plugins/drivers/agents/claude-agent.mjs"))}] }
  start: [worker, agent]
`

/** Works, writes down that it did, and does what it is told: hangs the first time, fails, or ends well. */
const worker = `prompt=$(cat)
echo "$ENDING" > "work-$ENDING.txt"
setsid tail -f /dev/null &
printf '%s %s %s\\n' "$ENDING" "$FLEET_RUN" "$PWD" >> "$ENDINGS/log"
case "$prompt" in
  *fail*) exit 3 ;;
  *orphan*) exec tail -f /dev/null ;;
  *hang*) test -e "$ENDINGS/hung-$ENDING" || { : > "$ENDINGS/hung-$ENDING"; exec tail -f /dev/null; } ;;
esac
echo worked
`

/** The first word is the scene that the agent plays. */
const kinds = ["well", "failed", "cancelled", "interrupted", "taken up again", "given up"] as const
type Kind = (typeof kinds)[number]
const tasks: { readonly [kind in Kind]: string } = {
  well: "permission",
  failed: "permission, then fail",
  cancelled: "orphan",
  interrupted: "orphan",
  "taken up again": "permission, then hang",
  "given up": "orphan",
}

export interface Endings {
  readonly runs: number
  /** What did not hold. */
  readonly faults: ReadonlyArray<string>
  /** Worktrees that stayed, as was told: they hold what is in no commit. */
  readonly kept: number
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const waitMs = 60_000

/** `times` runs, `together` at once. */
export const endings = async (times: number, together: number): Promise<Endings> => {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "fleet-endings-")))
  const directory = join(scratch, "repository")
  mkdirSync(directory)
  const git = (...args: ReadonlyArray<string>): string =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], { cwd: directory, encoding: "utf8", stdio: "pipe" }).trim()
  git("init", "--quiet", "--initial-branch", "main")
  writeFileSync(join(directory, "fleet.yaml"), fleet)
  writeFileSync(join(directory, "worker.sh"), worker)
  git("add", ".")
  git("commit", "--quiet", "--message", "start")

  const faults: Array<string> = []
  const kept = new Set<string>()
  const begin = (ending: string, args: ReadonlyArray<string>): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
    const child = spawn(process.execPath, [source("../../cli/main.ts"), ...args], {
      cwd: directory,
      env: { ...process.env, HOME: scratch, ENDINGS: scratch, ENDING: ending, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let [out, err] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    const ended = new Promise<Ended>((done, broken) => {
      // Agents that outlive a killed run hold its pipes open.
      child.once("error", broken).once("exit", (code) => setImmediate(() => done({ code, out, err })))
    })
    return { child, ended }
  }
  const logged = (): ReadonlyArray<readonly [ending: string, run: string, place: string]> =>
    (existsSync(join(scratch, "log")) ? readFileSync(join(scratch, "log"), "utf8") : "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [ending = "", run = "", ...place] = line.split(" ")
        return [ending, run, place.join(" ")]
      })
  /** The run in which the worker of this ending is at work. */
  const atWork = async (ending: string): Promise<string> => {
    for (let waited = 0; waited < waitMs; waited += 20) {
      const run = logged().find(([one]) => one === ending)?.[1]
      if (run !== undefined) return run
      await new Promise((next) => {
        setTimeout(next, 20)
      })
    }
    throw new Error(`nothing of ${ending} was at work within ${waitMs} ms`)
  }

  const end = async (kind: Kind, ending: string): Promise<void> => {
    const demand = ({ code, err }: Ended, ...wanted: ReadonlyArray<number | null>): void => {
      if (!wanted.includes(code)) faults.push(`${ending} (${kind}): exit code ${code} instead of ${wanted.join(" or ")}: ${err}`)
    }
    const { child, ended } = begin(ending, ["run", "fleet.yaml", "--headless", "--task", tasks[kind]])
    if (kind === "well") return demand(await ended, 0)
    if (kind === "failed") return demand(await ended, 1)
    const run = await atWork(ending)
    if (kind === "cancelled") {
      demand(await begin(ending, ["cancel", run]).ended, 0)
      return demand(await ended, 1)
    }
    signal(child, kind === "interrupted" ? "SIGINT" : "SIGKILL")
    if (kind === "interrupted") return demand(await ended, 130)
    demand(await ended, null)
    if (kind === "taken up again") return demand(await begin(ending, ["resume", run, "--headless"]).ended, 0)
    const cleaned = await begin(ending, ["clean", run, "--format", "json"]).ended
    demand(cleaned, 0)
    const told: { readonly kept: ReadonlyArray<{ readonly path?: string }> } = JSON.parse(cleaned.out === "" ? '{"kept":[]}' : cleaned.out)
    for (const { path } of told.kept) if (path !== undefined) kept.add(path)
  }

  try {
    let next = 0
    const one = async (): Promise<void> => {
      while (next < times) {
        const number = next++
        const kind = kinds[number % kinds.length] ?? "well"
        await end(kind, `e${number}`).catch(
          (error: unknown) => void faults.push(`e${number} (${kind}): ${error instanceof Error ? error.message : String(error)}`),
        )
      }
    }
    await Promise.all(Array.from({ length: together }, one))

    const all = logged()
    for (const run of new Set(all.map(([, id]) => id))) {
      const left = markedProcesses(run)
      if (left.length > 0) faults.push(`run ${run} left processes: ${left.join(", ")}`)
    }
    const worktrees = git("worktree", "list", "--porcelain")
      .split("\n")
      .flatMap((line) => (line.startsWith("worktree ") ? [line.slice("worktree ".length)] : []))
    for (const path of worktrees) if (path !== directory && !kept.has(path)) faults.push(`a worktree is left that nobody told of: ${path}`)
    for (const [ending, run, place] of all) {
      const file = `work-${ending}.txt`
      const inPlace = kept.has(place) && existsSync(join(place, file)) && readFileSync(join(place, file), "utf8") === `${ending}\n`
      const branch = `fleetwright/${run}/worker`
      const committed = git("branch", "--list", branch) !== "" && git("ls-tree", "--name-only", branch, file) === file
      if (!inPlace && !committed) faults.push(`the work of ${ending} is lost: ${run}`)
    }
    if (git("status", "--porcelain") !== "") faults.push("the user's work tree has changed")
    // Runs that were given up never ended: `clean` takes those by their names only.
    const given = new Set([...kept].map((path) => path.split("/").at(-2) ?? ""))
    const cleanings = [await begin("", ["clean", "--force"]).ended]
    for (const run of given) cleanings.push(await begin("", ["clean", run, "--force"]).ended)
    for (const { code, err } of cleanings) if (code !== 0) faults.push(`\`clean --force\` ends with ${code}: ${err}`)
    if (git("worktree", "list").split("\n").length > 1 || git("branch", "--list", "fleetwright/*") !== "")
      faults.push(
        `\`clean --force\` leaves something: ${git("worktree", "list")} ${git("branch", "--list", "fleetwright/*")} ${cleanings.map(({ out }) => out).join("")}`,
      )
    const folder = join(directory, ".fleetwright", "worktrees")
    if (existsSync(folder) && readdirSync(folder).length > 0) faults.push(`directories are left: ${readdirSync(folder).join(", ")}`)
    return { runs: times, faults, kept: kept.size }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}
