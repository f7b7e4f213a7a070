/** Where the optional packages were not installed. */
import { expect, it, vi } from "vitest"
import { openTerminal } from "../../../plugins/drivers/pty/terminal.ts"

vi.mock("@lydell/node-pty", () => {
  throw new Error("Cannot find package '@lydell/node-pty'")
})

it("says what a terminal needs", async () => {
  await expect(openTerminal({ program: "/bin/cat", args: [], columns: 80, rows: 24, directory: "/", env: {} })).rejects.toMatchObject({
    kind: "driver_error",
    message: expect.stringMatching(
      /^terminals are not available here: pty: needs the optional packages @lydell\/node-pty and @xterm\/headless .*install them/u,
    ),
  })
})
