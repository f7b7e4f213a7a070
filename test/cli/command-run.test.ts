/** Commands to a run that another process drives: what each does to it, and what it answers. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fleetwright } from "./command-line.ts"

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))
const command = 'read x; echo "heard $x"; until [ -e go ]; do sleep 0.05; done'
const fleet = `fleet:
  task: work
  defaults: { driver: shell, workspace: none, permissions: allow, timeout: 1m, command: [sh, -c, '${command}'] }
  sessions: { a: {}, b: {}, c: { command: [sleep, "1000"] } }
  start: [a, c]
  routes: |
    on a.done -> b with "next"
    on c.cancelled -> notify "c is gone"
`

describe("a run that is commanded from elsewhere", () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "fleet-commanded-"))
    writeFileSync(join(directory, "fleet.yaml"), fleet)
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

  it("is spoken to, corrected, held, stopped before a session, answered, and rid of a turn", async () => {
    const child = spawn(process.execPath, [bin, "run", "fleet.yaml", "--events", "-"], { cwd: directory, stdio: ["ignore", "pipe", "ignore"] })
    const ended = once(child, "exit")
    let out = ""
    let look: () => void = () => {}
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
      look()
    })
    const seen = (words: string): Promise<void> =>
      new Promise((done) => {
        look = () => {
          if (out.includes(words)) done()
        }
        look()
      })
    await Promise.race([seen('"text":"heard work'), ended])
    const run = /"run":"([^"]+)"/u.exec(out)?.[1] ?? ""
    const said = async (...args: ReadonlyArray<string>): Promise<string> => {
      const { code, out: told, err } = await fleetwright(args, directory)
      return `${code} ${told}${err}`.trim()
    }

    expect(
      await Promise.all([
        said("breakpoint", run, "b"),
        said("send", run, "nobody", "hello"),
        said("breakpoint", run, "nobody", "--format", "json"),
        said("reply", run, "all", "y"),
        said("cancel", run, "--turn"),
        said("send", run, "a"),
        said("pause", "no-such-run"),
      ]),
    ).toEqual([
      "0 accepted",
      "1 rejected (unknown_session): there is no session nobody",
      expect.stringMatching(/^1 \{"run":"[^"]+","accepted":false,"rejection":\{"code":"unknown_session"/u),
      "1 rejected (not_waiting): no request is open",
      "2 fleetwright: --turn needs a session: fleetwright cancel RUN SESSION --turn",
      "2 fleetwright: something is missing: fleetwright send RUN SESSION TEXT",
      expect.stringContaining('there is no run "no-such-run" here'),
    ])

    expect(await Promise.all([said("send", run, "a", "use the other", "--interrupt"), said("cancel", run, "c", "--turn", "--reason", "not needed")])).toEqual([
      "0 accepted",
      "0 accepted",
    ])
    await seen('"text":"c is gone"')
    await seen('--- correction ---\\nuse the other"')
    expect(await said("pause", run, "--reason", "lunch")).toBe("0 accepted")
    writeFileSync(join(directory, "go"), "")
    await seen('"type":"session.done"')
    expect(out).not.toContain('"type":"request.opened"')
    expect(await said("resume", run)).toMatch(/^0 run \S+ goes on in process \d+$/u)
    await seen('"type":"request.opened"')
    expect(await said("reply", run)).toBe("0 q1  breakpoint of b: b is about to start (c/cancel)")
    expect(await said("reply", run, "q7,q1", "c")).toMatch(/^1 q7: rejected\nq1: accepted\n/u)
    expect(await ended).toEqual([0, null])
    expect(out).toContain('"type":"session.cancelled","session":"c","reason":{"code":"user","detail":"not needed"}')
    expect(await Promise.all([said("send", run, "a", "more"), said("pause", run)])).toEqual(
      Array(2).fill(expect.stringMatching(/^1 rejected \(run_ended\): run \S+ has ended: succeeded$/u)),
    )
  }, 120_000)
})
