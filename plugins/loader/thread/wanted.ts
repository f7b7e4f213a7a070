/** Functions of the engine's side, called from a plugin's thread as if they were here: it sleeps until the answer is there. */
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads"
import { cells, type FromThread, type Returned, type Start } from "./protocol.ts"
import { errorOf } from "./told-error.ts"

/** Far more than the engine ever takes. */
const longestMs = 30_000

/** Calls the function of that name that was given with the call `id`; throws what it throws. */
export type Want = (id: number, name: string, args: ReadonlyArray<unknown>) => unknown

export const makeWant = ({ shared, functions }: Start<MessagePort>, post: (message: FromThread) => void): Want => {
  const counts = new Int32Array(shared)
  let asked = 0
  return (id, name, args) => {
    const turn = ++asked
    let before = Atomics.load(counts, cells.functions)
    post({ type: "wanted", id, turn, name, args })
    for (;;) {
      if (Atomics.wait(counts, cells.functions, before, longestMs) === "timed-out") throw new Error(`${name}: fleetwright did not answer`)
      before = Atomics.load(counts, cells.functions)
      for (let got = receiveMessageOnPort(functions); got !== undefined; got = receiveMessageOnPort(functions)) {
        const returned: Returned = got.message
        // what came too late for who asked before
        if (returned.turn !== turn) continue
        if (!returned.ok) throw errorOf(returned.error)
        return returned.value
      }
    }
  }
}
