/** Capability tokens: what one is good for, and that nothing of one is ever written down. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Session } from "#ir"
import { FleetFailure, makeOutbox, type DriverEvent, type ServedTool, type ToolGate } from "#sdk"
import { makeMemoryJournal, startRun } from "#runtime"
import { CapabilityDenied, makeCapabilityIssuer, type Grant, type ToolUse } from "#runtime/trust/index.ts"
import type { AnyDriver } from "../../../runtime/engine/run.ts"
import { makeSqliteJournal } from "../../../runtime/journal/sqlite.ts"
import { fakeDriver, fleet, loggedWorkspaces, session } from "../engine/fleet.ts"

const grant: Grant = { run: "r", session: "a", turn: 2, attempt: 1, tools: ["read_file"], budget: { usd: 1, tokens: 100, uses: 3 } }
const use: ToolUse = { holder: grant, tool: "read_file", spent: { usd: 0.5, tokens: 10, uses: 0 } }

describe("a token", () => {
  const issuer = makeCapabilityIssuer(1000)
  const token = issuer.mint(grant, 5000)

  it.each([
    ["is good for what it names", token, use, 5999, undefined],
    ["is not there", undefined, use, 5000, "no_token"],
    ["has expired", token, use, 6000, "expired"],
    ["is shown by another session", token, { ...use, holder: { ...grant, session: "b" } }, 5000, "wrong_session"],
    ["is shown in another run", token, { ...use, holder: { ...grant, run: "s" } }, 5000, "wrong_session"],
    ["is replayed in the next attempt", token, { ...use, holder: { ...grant, attempt: 2 } }, 5000, "attempt_over"],
    ["is replayed in the next turn", token, { ...use, holder: { ...grant, turn: 3 } }, 5000, "attempt_over"],
    ["is replayed between turns", token, { ...use, holder: undefined }, 5000, "attempt_over"],
    ["is for another tool", token, { ...use, tool: "terminal" }, 5000, "tool_not_granted"],
    ["has no money left", token, { ...use, spent: { usd: 1, tokens: 10, uses: 0 } }, 5000, "over_budget"],
    ["has no tokens left", token, { ...use, spent: { usd: 0, tokens: 100, uses: 0 } }, 5000, "over_budget"],
    ["was used too often", token, { ...use, spent: { usd: 0, tokens: 0, uses: 3 } }, 5000, "over_budget"],
    ["is of another issuer", makeCapabilityIssuer(1000).mint(grant, 5000), use, 5000, "not_ours"],
  ] as const)("%s", (_, shown, asked, now, fault) => expect(issuer.fault(shown, asked, now)).toBe(fault))

  it("is renewed for the attempt under way, and for no other", () => {
    const fresh = issuer.renew(token, grant, 60_000)
    expect(issuer.fault(fresh, use, 60_999)).toBeUndefined()
    expect(issuer.renew(token, { ...grant, attempt: 2 }, 5000)).toBeUndefined()
    expect(issuer.renew(token, undefined, 5000)).toBeUndefined()
    expect(issuer.renew("x.y", grant, 5000)).toBeUndefined()
  })

  it("cannot be written by others: no change of it passes", () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(..."AZaz09-_."), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        // the last character of a signature has bits that say nothing
        fc.pre(changed !== token && at < token.length - 1)
        expect(issuer.fault(changed, use, 5000)).toBe("not_ours")
      }),
    )
    const claims = Buffer.from(JSON.stringify({ ...grant, tools: ["terminal"], expires: 9999 })).toString("base64url")
    for (const forged of [`${claims}.${token.split(".")[1]}`, `${claims}.`, claims, "", "..", token + ".x"])
      expect(issuer.fault(forged, use, 5000)).toBe("not_ours")
  })
})

interface Life {
  readonly session: string
  readonly tools: ToolGate
}

/** A driver that does to each prompt what `act` says, with the gate that the run gave it. */
const serving = (act: (life: Life, say: (event: DriverEvent) => void) => void): AnyDriver => ({
  capabilities: fakeDriver(() => {}).capabilities,
  open: async ({ session: id, tools }) => {
    if (tools === undefined) throw new Error("a run gives every driver its gate")
    const outbox = makeOutbox<DriverEvent>()
    return {
      events: outbox,
      send: (frame) => {
        if (frame.type === "prompt") act({ session: id, tools }, (event) => outbox.push(event))
      },
      close: () => outbox.end(),
    }
  },
})

const done: DriverEvent = { type: "turn.ended", end: { stop: "end_turn" }, text: "ok" }

const faultOf = (gate: ToolGate, token: string | undefined, tool: ServedTool): string | undefined => {
  try {
    gate.use(token, tool)
    return undefined
  } catch (error) {
    if (!(error instanceof CapabilityDenied) || !(error instanceof FleetFailure)) throw error
    expect(error.kind).toBe("capability_denied")
    return error.fault
  }
}

const run = (sessions: ReadonlyArray<Session>, driver: AnyDriver) =>
  Effect.gen(function* () {
    const journal = makeMemoryJournal()
    const ir = { ...fleet(sessions), start: sessions.map(({ id }) => id) }
    const handle = yield* startRun({ ir, run: "r", drivers: { fake: driver }, workspaces: { none: loggedWorkspaces([]) }, journal, root: "/", env: {} })
    const { status } = yield* handle.result
    const events = yield* Stream.runCollect(handle.events())
    return { status, events, written: JSON.stringify([yield* journal.read("r"), events]) }
  }).pipe(Effect.scoped, Effect.runPromise)

describe("the boundary of a run", () => {
  it("takes a token of the attempt under way; what is refused is an event, and no token is in the journal", async () => {
    const seen: Array<string | undefined> = []
    const minted: Array<string> = []
    let late = (): string | undefined => "never tried"
    const { status, events, written } = await run(
      [session("a")],
      serving(({ tools }, say) => {
        const token = tools.token()
        if (token !== undefined) minted.push(token)
        seen.push(faultOf(tools, token, "write_file"), faultOf(tools, "made up", "terminal"), faultOf(tools, tools.renew(token), "read_file"))
        late = () => faultOf(tools, token, "write_file")
        say(done)
      }),
    )
    expect([status, ...seen]).toEqual(["succeeded", undefined, "not_ours", undefined])
    expect(late()).toBe("attempt_over")
    expect(events.filter(({ type }) => type === "policy.decided")).toMatchObject([
      { boundary: "tool", session: "a", pack: "capability", effect: "deny", reasons: ["not_ours"] },
    ])
    expect(minted).toHaveLength(1)
    for (const part of minted.flatMap((token) => token.split("."))) expect(written).not.toContain(part)
  })

  it("is in no file of the journal, while the run lasts and afterwards", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tokens-"))
    const bytes = (): Buffer => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    const minted: Array<string> = []
    let during: Buffer | undefined
    const driver = serving(({ tools }, say) => {
      for (const token of [tools.token(), tools.renew(tools.token())]) if (token !== undefined) minted.push(token)
      faultOf(tools, minted[0], "write_file")
      faultOf(tools, minted[1], "terminal")
      during = bytes()
      say(done)
    })
    await Effect.gen(function* () {
      const journal = yield* makeSqliteJournal(join(folder, "state.db"))
      const handle = yield* startRun({
        ir: fleet([session("a")]),
        run: "r",
        drivers: { fake: driver },
        workspaces: { none: loggedWorkspaces([]) },
        journal,
        root: "/",
        env: {},
      })
      expect((yield* handle.result).status).toBe("succeeded")
      for (const part of minted.flatMap((token) => token.split("."))) {
        expect(during?.includes(part)).toBe(false)
        expect(bytes().includes(part)).toBe(false)
      }
    }).pipe(Effect.scoped, Effect.runPromise)
    expect(minted).toHaveLength(2)
    // what is looked at is the journal: the run's texts are in it
    expect(bytes().includes("session.done")).toBe(true)
    for (const part of minted.flatMap((token) => token.split("."))) expect(bytes().includes(part)).toBe(false)
    rmSync(folder, { recursive: true })
  })

  it("refuses, in a second attempt, the token of the first", async () => {
    const seen: Array<string | undefined> = []
    let first: string | undefined
    await run(
      [session("a", { retry: { attempts: 2, backoffMs: 0, factor: 1, jitter: false } })],
      serving(({ tools }, say) => {
        if (first === undefined) {
          first = tools.token()
          seen.push(faultOf(tools, first, "read_file"))
          say({ type: "turn.ended", end: { error: { kind: "driver_error", message: "once more", retryable: true } } } as DriverEvent)
        } else {
          seen.push(faultOf(tools, first, "read_file"), faultOf(tools, tools.renew(first), "read_file"), faultOf(tools, tools.token(), "read_file"))
          say(done)
        }
      }),
    )
    expect(seen).toEqual([undefined, "attempt_over", "no_token", undefined])
  })

  it("knows sessions apart, and gives no more than their permissions", async () => {
    const tokens = new Map<string, string | undefined>()
    const seen: Array<readonly [string, string | undefined]> = []
    const waiting: Array<() => void> = []
    await run(
      [session("a"), session("b", { permissions: "deny" })],
      serving(({ session: id, tools }, say) => {
        tokens.set(id, tools.token())
        waiting.push(() => {
          seen.push([`${id} shows the other's`, faultOf(tools, tokens.get(id === "a" ? "b" : "a"), "read_file")])
          for (const tool of ["read_file", "write_file", "terminal"] as const) seen.push([`${id} ${tool}`, faultOf(tools, tokens.get(id), tool)])
          say(done)
        })
        if (waiting.length === 2) for (const each of waiting) each()
      }),
    )
    expect(Object.fromEntries(seen)).toEqual({
      "a shows the other's": "wrong_session",
      "a read_file": undefined,
      "a write_file": undefined,
      "a terminal": undefined,
      "b shows the other's": "wrong_session",
      "b read_file": undefined,
      "b write_file": "tool_not_granted",
      "b terminal": "tool_not_granted",
    })
  })

  it("ends with the budget of the session", async () => {
    const seen: Array<string | undefined> = []
    await run(
      [session("a", { budget: { tokens: 100 } })],
      serving(({ tools }, say) => {
        seen.push(faultOf(tools, tools.token(), "read_file"))
        say({ type: "agent", event: { kind: "cap.usage", mode: "delta", input_tokens: 100, output_tokens: 0 } })
        // until the machine has booked it
        const again = setInterval(() => {
          const fault = faultOf(tools, tools.token(), "read_file")
          if (fault === undefined) return
          clearInterval(again)
          seen.push(fault)
          say(done)
        }, 1)
      }),
    )
    expect(seen).toEqual([undefined, "over_budget"])
  })
})
