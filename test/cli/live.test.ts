import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fleetwright, program } from "./command-line.ts"
import { inTerminal, noTerminal, screenOf } from "./terminal.ts"

const command = (columns: number, ...args: ReadonlyArray<string>): string => `stty rows 24 cols ${columns}; exec ${program.join(" ")} run ${args.join(" ")}`

const fleet = (body: string): string => `fleet:
  defaults: { driver: shell, workspace: none, permissions: allow }
${body}`
/** North speaks and then works on for many frames, whatever the machine is busy with. */
const pair = fleet(`  task: go
  sessions:
    north: { command: [sh, -c, "echo ${"far ".repeat(30)}; sleep 1; echo wind"] }
    south: { command: [sh, -c, "echo warm"] }
  start: north
  routes: |
    on north.done -> south
`)
const gate = fleet(`  task: go
  sessions: { a: { command: [echo, one] }, b: { command: [echo, two] } }
  start: a
  routes: |
    on a.done -> gate g "Go on with \${a.text}?"
    on g.approved -> b
    on g.rejected -> fail "rejected"
`)

const missing = noTerminal()
describe.skipIf(missing !== undefined)(
  missing === undefined ? "a run in a terminal" : `a run in a terminal (skipped: ${missing})`,
  { concurrent: true },
  () => {
    let directory: string
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), "fleet-live-"))
      writeFileSync(join(directory, "pair.yaml"), pair)
      writeFileSync(join(directory, "gate.yaml"), gate)
      writeFileSync(join(directory, "long.yaml"), fleet("  task: go\n  sessions: { a: { command: [sleep, '1000'] } }\n  start: a\n"))
    })
    afterAll(() => rmSync(directory, { recursive: true, force: true }))

    const sane = (raw: string): void => {
      // oxlint-disable-next-line no-control-regex
      for (const [off, on] of [
        [/\u001b\[\?25l/gu, /\u001b\[\?25h/gu],
        [/\u001b\[\?7l/gu, /\u001b\[\?7h/gu],
      ] as const) {
        expect(raw.match(off)?.length).toBe(raw.match(on)?.length)
        expect(raw.lastIndexOf(raw.match(off)?.[0] ?? "-")).toBeLessThan(raw.lastIndexOf(raw.match(on)?.[0] ?? "-"))
      }
    }

    it("has one line for each session, redrawn in place", async () => {
      const { code, raw } = await inTerminal(command(60, "pair.yaml", "--ephemeral"), directory, {})
      expect(code).toBe(0)
      const screen = screenOf(raw)
      expect(screen.filter((line) => line.startsWith("north  done"))).toEqual([`north  done      turn 1   ${"far ".repeat(8)}…`])
      expect(screen.filter((line) => line.startsWith("south  done"))).toEqual(["south  done      turn 1   warm"])
      expect(screen.filter((line) => /^run \S+ succeeded/u.test(line))).toHaveLength(1)
      expect(raw).toContain("north  \u001b[36mworking\u001b[0m   turn 1   far far far")
      for (const line of screen.filter((one) => one.includes("turn"))) expect(line.length).toBeLessThan(60)
      sane(raw)
    }, 30_000)

    it("has no colours for who declines them", async () => {
      const { raw } = await inTerminal(command(60, "pair.yaml", "--ephemeral"), directory, { NO_COLOR: "1" })
      expect(raw).toContain("north  working   turn 1")
      // oxlint-disable-next-line no-control-regex
      expect(raw).not.toMatch(/\u001b\[\d+m/u)
    }, 30_000)

    it("follows a window that becomes narrower: a new picture below, nothing above it lost", async () => {
      writeFileSync(join(directory, "resized.yaml"), pair.replace("sleep 1", "touch narrow; sleep 1"))
      const resize = "(while [ ! -e narrow ]; do sleep 0.05; done; sleep 0.3; stty cols 40 </dev/tty) &"
      const { raw } = await inTerminal(`stty rows 24 cols 100; ${resize} exec ${program.join(" ")} run resized.yaml --ephemeral`, directory, {
        NO_COLOR: "1",
      })
      const screen = screenOf(raw)
      expect(screen[0]).toMatch(/^run \S+ of resized$/u)
      expect(screen.filter((line) => /^north {2}working/u.test(line)).map((line) => line.length)).toEqual([99])
      expect(screen.filter((line) => /^north {2}done/u.test(line)).map((line) => line.length)).toEqual([39])
      sane(raw)
    }, 30_000)

    it("asks at the terminal, takes only an answer, and draws on", async () => {
      const said = ["what\r", "y\r"]
      let asked = 0
      const { code, raw } = await inTerminal(command(80, "gate.yaml", "--ephemeral"), directory, { NO_COLOR: "1" }, (text) => {
        const questions = text.split("Go on with one? (y/n)").length - 1
        return questions > asked ? said[asked++] : undefined
      })
      expect(code).toBe(0)
      expect(asked).toBe(2)
      expect(screenOf(raw).some((line) => line.startsWith("b  done"))).toBe(true)
      sane(raw)
    }, 30_000)

    it.each([
      ["while an agent works", "long.yaml", /a {2}working/u],
      ["while it asks", "gate.yaml", /\(y\/n\)/u],
    ])(
      "is cancelled by Ctrl-C %s",
      async (_, file, when) => {
        let typed = false
        const { code, raw } = await inTerminal(command(80, file, "--ephemeral"), directory, { NO_COLOR: "1" }, (text) => {
          if (typed || !when.test(text)) return undefined
          typed = true
          return "\u0003"
        })
        expect(code).toBe(130)
        expect(screenOf(raw).some((line) => /^run \S+ cancelled: SIGINT/u.test(line))).toBe(true)
        sane(raw)
      },
      30_000,
    )

    it("is plain lines for a pipe: nothing that moves a cursor", async () => {
      const { out, code } = await fleetwright(["run", "pair.yaml", "--ephemeral"], directory)
      expect(code).toBe(0)
      // oxlint-disable-next-line no-control-regex
      expect(out).not.toMatch(/\u001b/u)
      expect(out).toMatch(/^north: turn 1\n/mu)
    }, 30_000)

    it("is not drawn where its events scroll by", async () => {
      const { raw } = await inTerminal(command(80, "pair.yaml", "--ephemeral", "--events", "-"), directory, { NO_COLOR: "1" })
      // oxlint-disable-next-line no-control-regex
      expect(raw).not.toMatch(/\u001b/u)
      expect(raw).toContain('"type":"run.ended"')
    }, 30_000)
  },
)
