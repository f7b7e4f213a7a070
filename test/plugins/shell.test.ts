import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { markedProcesses, readLines, startProcess, type DriverEvent, type DriverHandle } from "#sdk"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { builtinDrivers } from "../../plugins/index.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "shell-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const env = () => ({ PATH: process.env["PATH"] ?? "", FLEET_RUN: directory, FLEET_SESSION: "a" })

const open = async (...command: ReadonlyArray<string>): Promise<DriverHandle> => {
  const opened = builtinDrivers["shell"]?.open({ run: directory, session: "a", config: { command }, directory, permissions: "ask", env: env() })
  if (!(opened instanceof Promise)) throw new Error("expected a promise")
  return opened
}

const events = (handle: DriverHandle): AsyncIterator<DriverEvent> => {
  if (!(Symbol.asyncIterator in handle.events)) throw new Error("expected an async iterable")
  return handle.events[Symbol.asyncIterator]()
}

const play = async (handle: DriverHandle, text: string, reader = events(handle)): Promise<ReadonlyArray<DriverEvent>> => {
  void handle.send({ type: "prompt", turn: 1, attempt: 1, text, idempotencyKey: "k" })
  const seen: Array<DriverEvent> = []
  for (;;) {
    const next = await reader.next()
    if (next.done === true) return seen
    seen.push(next.value)
    if (next.value.type === "turn.ended") return seen
  }
}

describe("shell", () => {
  it("hands over the prompt twice and no environment but its own", async () => {
    const handle = await open("sh", "-c", 'cat; echo; echo "$FLEET_PROMPT"; echo "${HOME:-none}"')
    const seen = await play(handle, "line\n$(touch x) 'y'")
    expect(seen.at(-1)).toEqual({ type: "turn.ended", end: { stop: "end_turn" }, text: "line\n$(touch x) 'y'\nline\n$(touch x) 'y'\nnone" })
    expect(seen[0]).toEqual({ type: "agent", event: { kind: "cap.text_chunk", text: "line\n", channel: "assistant" } })
  })

  it("gives the output as it is, without the ends of its last lines", async () => {
    const seen = await play(await open("printf", "\\n# title\\n\\n  text\\n\\n\\n"), "x")
    expect(seen.at(-1)).toMatchObject({ text: "\n# title\n\n  text" })
  })

  it.each([
    [["sh", "-c", "echo why >&2; exit 3"], { kind: "driver_error", message: "sh exited with 3: why" }],
    [["sh", "-c", "kill -9 $$"], { kind: "agent_exited", message: "sh was killed by SIGKILL" }],
    [["no-such-program-here"], { kind: "driver_error", message: expect.stringContaining("is not installed") }],
    [["printf", "\\377\\n"], { kind: "driver_error", message: "printf wrote a line that is not UTF-8" }],
  ])("%j fails as %j", async (command, error) => {
    const seen = await play(await open(...command), "x")
    expect(seen.at(-1)).toMatchObject({ end: { error } })
  })

  it.each([
    ["in its group", "sleep 1000 >/dev/null 2>&1 & echo ok"],
    ["in a session of its own", "setsid sleep 1000 >/dev/null 2>&1 & echo ok"],
  ])("leaves nothing behind that a command left %s", async (_, command) => {
    const handle = await open("sh", "-c", command)
    expect((await play(handle, "x")).at(-1)).toMatchObject({ end: { stop: "end_turn" } })
    expect(markedProcesses(directory).length).toBe(1)
    await handle.close()
    expect(markedProcesses(directory)).toEqual([])
  })

  it("cancels with all that was started, and takes the next prompt", async () => {
    const handle = await open(
      "sh",
      "-c",
      'if [ "$FLEET_PROMPT" = go ]; then setsid sh -c "echo ready; exec tail -f /dev/null" & tail -f /dev/null; else echo next; fi',
    )
    const reader = events(handle)
    void handle.send({ type: "prompt", turn: 1, attempt: 1, text: "go", idempotencyKey: "k" })
    expect((await reader.next()).value).toMatchObject({ event: { text: "ready\n" } })
    expect(markedProcesses(directory, "a").length).toBeGreaterThan(1)
    await handle.send({ type: "cancel" })
    expect(markedProcesses(directory, "a")).toEqual([])
    expect((await reader.next()).value).toMatchObject({ type: "turn.ended", end: { stop: "cancelled" } })
    expect((await play(handle, "x", reader)).at(-1)).toMatchObject({ text: "next" })
    await handle.close()
    expect((await reader.next()).done).toBe(true)
  })

  it("reads its configuration", () => {
    const decode = builtinDrivers["shell"]?.config?.decode
    expect(decode?.({ command: ["make"] })).toEqual({ ok: true, value: { command: ["make"] } })
    for (const wrong of [{}, { command: "make" }, { command: [] }, { command: [1] }, { command: ["x"], more: 1 }, null]) {
      expect(decode?.(wrong)).toMatchObject({ ok: false })
    }
  })
})

describe("a process", () => {
  it("that ignores TERM is killed after the grace time; stopping twice is stopping once", async () => {
    const process = await startProcess({ command: ["sh", "-c", "trap '' TERM; echo up; while :; do tail -f /dev/null; done"], directory, env: env() })
    const reader = process.lines[Symbol.asyncIterator]()
    expect((await reader.next()).value).toEqual({ ok: true, text: "up" })
    const stopped = process.stop(50)
    expect(process.stop()).toBe(stopped)
    await stopped
    expect(await process.exited).toEqual({ code: null, signal: "SIGKILL" })
    expect(existsSync(`/proc/${process.pid}`) && readFileSync(`/proc/${process.pid}/stat`, "utf8")).toBe(false)
  })

  it("ends its lines when it is gone though something holds its output", async () => {
    const process = await startProcess({ command: ["sh", "-c", "setsid tail -f /dev/null & echo said"], directory, env: env() })
    const said: Array<unknown> = []
    for await (const line of process.lines) said.push(line)
    expect(said).toEqual([{ ok: true, text: "said" }])
    await process.stop()
    expect(markedProcesses(directory, "a")).toEqual([])
  })
})

describe("lines", () => {
  const bytes = (...chunks: ReadonlyArray<string | Uint8Array>) =>
    (async function* () {
      for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk
    })()
  it.each([
    [["a\nb"], ["a", "b"]],
    [
      ["a\r\n\n", "b", "c\n"],
      ["a", "bc"],
    ],
    [[Uint8Array.of(0xc3), Uint8Array.of(0xa9, 10)], ["é"]],
    [
      [Uint8Array.of(0xff, 10), "ok\n"],
      ["a line that is not UTF-8", "ok"],
    ],
    [
      ["123456", "789", "\nok"],
      ["a line of more than 8 bytes", "ok"],
    ],
    [[], []],
  ])("%j", async (chunks, expected) => {
    const seen: Array<string> = []
    for await (const line of readLines(bytes(...chunks), 8)) seen.push(line.ok ? line.text : line.problem)
    expect(seen).toEqual(expected)
  })
})
