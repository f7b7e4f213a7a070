import assert from "node:assert/strict"
import { test } from "node:test"
import { tryPolicy } from "fleetwright/testing"
import plugin from "./no-push.ts"

const judged = async (command: string, config = {}) => (await tryPolicy(plugin, "tool", { tool: "Bash", input: { command } }, { config })).effect

test("denies a push, wherever it stands in a line", async () => {
  assert.equal(await judged("git push origin main"), "deny")
  assert.equal(await judged("git commit -m x && git push"), "deny")
  assert.equal(await judged("sh -c 'git -C sub push'"), "deny")
})

test("has a person look at what nobody can read", async () => {
  assert.equal(await judged("$TOOL push"), "ask")
})

test("has nothing to say of anything else", async () => {
  assert.equal(await judged("git commit -m 'git push'"), undefined)
  assert.equal(await judged("git push sandbox main", { except: ["sandbox"] }), undefined)
})
