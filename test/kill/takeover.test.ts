/** A process that was frozen, lost its run to another, and goes on: it must do no harm to who drives the run now. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it, onTestFinished } from "vitest"
import * as Effect from "effect/Effect"
import { builtinDrivers, builtinWorkspaces } from "#plugins"
import { makeSqliteJournal, resumeRun } from "#runtime"
import { markedProcesses } from "#sdk"
import { signal } from "../cli/command-line.ts"

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url))

/** The agent of the first owner never ends; that of the second ends once the first owner has gone on and gone. */
const fleet = `fleet:
  task: go
  permissions: allow
  defaults: { driver: shell, workspace: none, effect: pure }
  sessions:
    a: { command: [sh, -c, 'echo "$FLEET_EPOCH" >> epochs; if [ "$FLEET_EPOCH" = 1 ]; then sleep 1000; fi; while [ ! -e thawed ]; do sleep 0.02; done; echo fine'] }
  start: a
`

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((next) => setTimeout(next, 20))
}

it.skipIf(!existsSync("/proc/self/environ"))(
  "a frozen owner that lost its run stops only its own agents, and writes nothing",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "fleet-frozen-"))
    const epochs = () => (existsSync(join(directory, "epochs")) ? readFileSync(join(directory, "epochs"), "utf8") : "")
    writeFileSync(join(directory, "fleet.yaml"), fleet)
    const frozen = spawn(process.execPath, [main, "run", "fleet.yaml", "--headless"], { cwd: directory, stdio: ["ignore", "pipe", "ignore"] })
    let out = ""
    frozen.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    let run = ""
    // also when the time is up, at which a `finally` is not reached
    onTestFinished(() => {
      if (frozen.exitCode === null && frozen.signalCode === null) signal(frozen, "SIGKILL")
      for (const pid of run === "" ? [] : markedProcesses(run)) process.kill(pid, "SIGKILL")
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    })
    await until(() => epochs() === "1\n")
    signal(frozen, "SIGSTOP")
    await Effect.runPromise(
      Effect.gen(function* () {
        // Where it cannot be looked at, a process that says nothing for long counts as gone.
        const journal = yield* makeSqliteJournal(join(directory, ".fleetwright", "state.db"), { isAlive: () => false })
        run = (yield* journal.runs())[0]?.run ?? ""
        const { result } = yield* resumeRun({ run, journal, drivers: builtinDrivers, workspaces: builtinWorkspaces, env: process.env })
        yield* Effect.promise(() => until(() => epochs() === "1\n2\n"))
        const mine = markedProcesses(run)
        expect(mine.length).toBeGreaterThan(0)
        const gone = new Promise((ended) => frozen.once("close", ended))
        signal(frozen, "SIGCONT")
        expect(yield* Effect.promise(() => gone)).toBe(1)
        expect(out).toContain("taken over by another process")
        expect(markedProcesses(run)).toEqual(expect.arrayContaining([mine[0]]))
        writeFileSync(join(directory, "thawed"), "")
        expect((yield* result).status).toBe("succeeded")
        const seen = (yield* journal.read(run)).flatMap((record) => record.events)
        expect(seen.filter(({ type }) => type === "turn.started" || type === "turn.done" || type === "turn.failed").map(({ type }) => type)).toEqual([
          "turn.started",
          "turn.failed",
          "turn.started",
          "turn.done",
        ])
        expect(markedProcesses(run)).toEqual([])
      }).pipe(Effect.scoped),
    )
  },
  60_000,
)
