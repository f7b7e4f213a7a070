/** What a session holds: a permit of `limits.parallel` and a driver. */
import { giveBack } from "./ledger.ts"
import type { Transition } from "./transition.ts"

export const freePermit = (step: Transition, id: string): void => {
  const session = step.session(id)
  if (session?.permit !== true) return
  giveBack(step, id)
  step.now.permits -= 1
  step.change(id, { permit: false })
}

export const closeDriver = (step: Transition, id: string, workspace: "keep" | "release"): void => {
  const session = step.session(id)
  if (session === undefined || session.driver === "none") return
  step.put({ ...session, driver: "none", closing: session.closing + 1 })
  step.command({ type: "session.close", session: id, workspace })
}
