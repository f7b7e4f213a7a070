import assert from "node:assert/strict"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { asPlugin } from "fleetwright/testing"
import plugin from "./event-log.ts"

test("writes the events that it is to write", async () => {
  const folder = await mkdtemp(join(tmpdir(), "event-log-"))
  try {
    const { sink } = asPlugin(plugin)
    assert.ok(sink !== undefined)
    const context = { run: "r", config: { file: join(folder, "log"), only: ["run.ended"] } }
    for (const type of ["run.started", "run.ended"]) await sink.write({ type, run: "r" }, context)
    assert.equal(await readFile(context.config.file, "utf8"), '{"type":"run.ended","run":"r"}\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})
