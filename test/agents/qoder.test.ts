/** Qoder wants an account of its maker, which nobody here has: how far it can be driven without, and that it says what is missing. */
import { expect, it } from "vitest"
import { builtinDrivers } from "../../plugins/index.ts"
import { inPlace } from "../../plugins/sdk/testing/suite-place.ts"
import { programOf, reasonFor, titled } from "./fleet-place.ts"
import { pathWith } from "./on-path.ts"

const missing = reasonFor("qoder")
const { qoder } = builtinDrivers
if (qoder === undefined) throw new Error("there is no driver qoder")

it.skipIf(missing !== undefined)(titled("qoder itself starts, speaks ACP, and says that somebody has to sign in", missing), async () => {
  const fixture = {
    name: "qoder",
    driver: qoder,
    timeoutMs: 90_000,
    scenes: { hello: "hello" },
    context: (place: Parameters<typeof pathWith>[0]) => ({
      config: {},
      env: { PATH: pathWith(place, "qodercli", [process.execPath, programOf("qoder")]) },
    }),
    process: false,
  }
  await inPlace(fixture, "hello", async ({ open }) => {
    await expect(open()).rejects.toMatchObject({ kind: "auth_error", message: expect.stringContaining("`auth` may be one of qodercli-login") })
  })
})
