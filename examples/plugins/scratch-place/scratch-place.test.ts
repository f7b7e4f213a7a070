import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { asPlugin } from "fleetwright/testing"
import plugin from "./scratch-place.ts"

const request = { run: "r", session: "worker[0]", root: process.cwd(), from: { kind: "base" }, config: {} } as const

test("gives each session a place of its own, and takes it back", async () => {
  const { workspace } = asPlugin(plugin)
  assert.ok(workspace !== undefined)
  const places = [await workspace.acquire(request), await workspace.acquire(request)]
  const paths = places.map((place) => ("path" in place ? place.path : ""))
  assert.notEqual(paths[0], paths[1])
  assert.ok(paths.every((path) => existsSync(path)))
  for (const place of places) if ("release" in place) await place.release()
  assert.ok(paths.every((path) => !existsSync(path)))
})
