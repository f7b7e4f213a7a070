import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Json } from "#ir"
import { schemaFiles } from "../../../cli/write-schemas.ts"
import { simulate } from "../../../library/simulate.ts"
import { decodeEvent, eventJsonSchema } from "../../../runtime/engine/event-schema.ts"

/** Fleets and scripts that together make nearly every kind of event. */
const scenes: { readonly [name: string]: { readonly fleet: string; readonly script: Json } } = {
  "asked, retried, reviewed, told": {
    fleet: `
  budget: { usd: 10 }
  sessions:
    coder: { retry: { attempts: 2, backoff: 1s } }
    reviewer: { output: { ok: boolean } }
    never: {}
  start: coder
  routes: |
    on coder.done -> { notify "look"; reviewer }
    on reviewer.done {
      when not reviewer.output.ok -> coder max 1 then fail "not good"
      otherwise -> gate ship "Ship it?" within 1h
    }
    on ship.approved -> complete
    on coder.done when coder.attempts > 5 -> never`,
    script: {
      sessions: {
        coder: [
          { fail: { kind: "rate_limit", message: "slow down" } },
          {
            text: "code",
            permission: { tool: "Bash", risk: "high" },
            after: "10s",
            cost_usd: 1,
            tokens: 10,
            events: [{ kind: "cap.tool_call.start", tool: "Bash", args: { list: [1, null] } }],
          },
          { text: "more" },
        ],
        reviewer: [{ output: { ok: false } }, { output: { ok: true } }],
      },
      replies: [
        { when: { kind: "permission" }, after: "1s", reply: "allow" },
        { when: { kind: "gate" }, after: "1m", reply: "approve" },
      ],
      commands: [
        { at: "2s", pause: "lunch" },
        { at: "3s", resume: true },
        { at: "4s", send: { session: "coder", text: "and tests" } },
        { at: "5s", send: { session: "never", text: "hello?" } },
      ],
    },
  },
  "failed and undone": {
    fleet: `
  sessions:
    book: { compensate: unbook }
    unbook: {}
    rent: { compensate: unrent }
    unrent: {}
    pay: {}
    ship: {}
  start: [book, rent]
  routes: |
    on all(book.done, rent.done) -> pay
    on pay.done -> ship`,
    script: { sessions: { pay: [{ fail: { kind: "driver_error", message: "no money" } }], unrent: [{ exit: true }] } },
  },
  "raced, asked and cancelled": {
    fleet: `
  sessions: { quick: {}, slow: {}, curious: {}, last: {} }
  start: [quick, slow, curious]
  routes: |
    on race(quick.done, slow.done) -> last
    on last.done -> pause`,
    script: {
      sessions: { slow: [{ hang: true }], curious: [{ question: "which?", exit: true }], last: [{ after: "1h" }] },
      commands: [{ at: "2m", cancel: { session: "last", reason: { code: "user", detail: "enough" } } }],
    },
  },
  "speaking to each other": {
    fleet: `
  sessions: { a: {}, b: {} }
  start: [a, b]
  routes: on a.done -> b`,
    script: { sessions: { a: [{ text: "@cap://b hello\n@cap://c hello" }], b: [{ after: "1m" }] } },
  },
  "too dear": {
    fleet: `
  budget: { usd: 1 }
  sessions: { a: {}, b: {} }
  start: a
  routes: on a.done -> b`,
    script: { sessions: { a: [{ text: "x", cost_usd: 5 }] } },
  },
}

const eventsOf = async (name: string): Promise<ReadonlyArray<Json>> => {
  const scene = scenes[name]
  const text = `fleet:\n  task: go\n  defaults: { driver: shell, command: ["true"], workspace: none }${scene?.fleet ?? ""}\n`
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(JSON.stringify(diagnostics.map(({ code, message }) => [code, message])))
  const { events } = await simulate(ir, { script: scene?.script ?? null })
  return JSON.parse(JSON.stringify(events))
}

const all = async (): Promise<ReadonlyArray<Json>> => (await Promise.all(Object.keys(scenes).map(eventsOf))).flat()

describe("the schema of events", () => {
  it.each(Object.keys(scenes))("describes every event of a run, exactly: %s", async (name) => {
    const events = await eventsOf(name)
    expect(events.length).toBeGreaterThan(5)
    for (const event of events) expect(decodeEvent(event)).toEqual({ ok: true, event })
  })

  it("is shown every type of event, but for what takes a plugin or a plight to happen", async () => {
    const types = new Set((await all()).map((event) => (typeof event === "object" && event !== null && "type" in event ? event["type"] : undefined)))
    const schema = eventJsonSchema()
    const known = typeof schema === "object" && schema !== null && "$defs" in schema ? Object.keys(schema.$defs ?? {}) : []
    const rare = ["route.failed", "policy.decided"]
    expect(known.filter((type) => !types.has(type) && !rare.includes(type))).toEqual([])
    expect(known).toEqual(expect.arrayContaining(rare))
  })

  it("refuses an event with a field too many, too few, or of another type", async () => {
    const events = await all()
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.nat(), fc.constantFrom("drop", "add", "change"), (event, at, how) => {
        if (typeof event !== "object" || event === null || Array.isArray(event)) throw new Error("no event")
        const optional = ["reason", "outputs", "workspace", "output", "session", "prompt", "detail", "reply", "code", "text", "from"]
        const names = Object.keys(event).filter((name) => !optional.includes(name))
        const name = names[at % names.length] ?? "seq"
        const { [name]: _gone, ...rest } = event as { readonly [name: string]: Json }
        const broken = how === "drop" ? rest : how === "add" ? { ...event, surprise: 1 } : { ...event, [name]: [{}] }
        expect(decodeEvent(broken).ok).toBe(false)
      }),
    )
  })

  it("says what is wrong and where", () => {
    expect(decodeEvent({ seq: 0, run: "r", at: 1, type: "run.resumed" })).toEqual({ ok: false, problems: [expect.stringMatching(/^\/seq: /u)] })
    expect(decodeEvent({ seq: 1, run: "r", at: 1, type: "run.exploded" })).toEqual({ ok: false, problems: ["the event: Expected an event of this version"] })
    expect(decodeEvent(null).ok).toBe(false)
  })

  it.each(schemaFiles())("is in $path", ({ path, text }) => {
    expect(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"), "npm run schemas writes it anew").toBe(text)
  })
})
