/** Runs for programs that use Promises and nothing of Effect. */
import { describe, expect, it } from "vitest"
import { InvalidStart } from "../../../runtime/engine/beginning.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { resumeFleet } from "../../../runtime/engine/resume-fleet.ts"
import { NotResumable } from "../../../runtime/engine/resume-run.ts"
import { JournalError } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { fakeDriver, fleet, loggedWorkspaces, pipeline, saysOk, session } from "./fleet.ts"

const given = (log: Array<string> = []) => ({
  run: "r",
  drivers: { fake: saysOk },
  workspaces: { none: loggedWorkspaces(log) },
  journal: makeMemoryJournal(),
  root: "/",
  env: {},
})

describe("a fleet in Promises", () => {
  it("is read event by event by as many as like, and comes to its result", async () => {
    const run = await startFleet(pipeline(2), given())
    const types: Array<string> = []
    for await (const event of run.events) types.push(event.type)
    expect([types[0], types.at(-1)]).toEqual(["run.started", "run.ended"])
    const again: Array<string> = []
    for await (const event of run.events({ buffer: 1000 })) again.push(event.type)
    expect(again).toEqual(types)
    expect(await run.result).toMatchObject({ run: "r", status: "succeeded" })
    await run.close()
  })

  it("is cancelled by closing it, once or twice, and nothing of it is left", async () => {
    const log: Array<string> = []
    const hangs = fakeDriver(() => undefined, log)
    const run = await startFleet(fleet([session("a")]), { ...given(log), drivers: { fake: hangs } })
    for await (const event of run.events) if (event.type === "turn.started") break
    await Promise.all([run.close(), run.close()])
    expect(await run.result).toMatchObject({ status: "cancelled", reason: "shutdown" })
    expect(log.at(-1)).toBe("release a")
  })

  it("answers each command, and says by type and code what is wrong", async () => {
    const options = given()
    const run = await startFleet(pipeline(1), options)
    expect(await run.send({ type: "reply", request: "q9", value: null, by: "me" })).toMatchObject({ code: "unknown_request" })
    await run.result
    expect(await run.send({ type: "pause" })).toMatchObject({ code: "run_ended" })
    await expect(resumeFleet(options)).rejects.toMatchObject({ _tag: "NotResumable", reason: "ended" })
    await expect(resumeFleet(options)).rejects.toBeInstanceOf(NotResumable)
    await expect(resumeFleet({ ...options, run: "none" })).rejects.toBeInstanceOf(JournalError)
    await expect(startFleet(pipeline(1), { ...given(), inputs: { no: 1 } })).rejects.toBeInstanceOf(InvalidStart)
  })
})
