/** The driver suite in vitest. */
import { describe, it } from "vitest"
import { driverSuite, type DriverFixture } from "../../../plugins/sdk/testing/index.ts"

export const suite = (fixture: DriverFixture): void => {
  describe(`the driver ${fixture.name}`, () => {
    for (const { name, skip, run } of driverSuite(fixture)) {
      it.concurrent(skip === undefined ? name : `${name} (skipped: ${skip})`, { skip: skip !== undefined }, run)
    }
  })
}
