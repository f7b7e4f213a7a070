/** Cedar itself: loaded when a fleet first needs it, since it is optional and takes a tenth of a second. */
import { createRequire } from "node:module"
import type * as CedarModule from "@cedar-policy/cedar-wasm/nodejs"

export type Cedar = typeof CedarModule

let loaded: Cedar | undefined

/** Throws an error that says what to install. */
export const cedar = (): Cedar => {
  try {
    return (loaded ??= load())
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
    const withheld = error instanceof Error && error.name === "NotCapable"
    throw new Error(
      withheld
        ? `Deno withholds Cedar's engine: ${reason}`
        : `the pack needs the optional package @cedar-policy/cedar-wasm; install it beside fleetwright (${reason})`,
      { cause: error },
    )
  }
}

const load: () => Cedar = () => createRequire(import.meta.url)("@cedar-policy/cedar-wasm/nodejs")
