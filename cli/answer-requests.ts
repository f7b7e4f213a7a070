/** Requests of a run: asked on the terminal when somebody sits there, else declined, since nobody will ever come. */
import { createInterface } from "node:readline/promises"
import type { Json } from "#ir"
import type { FleetEvent, UserCommand } from "#runtime"

type Opened = Extract<FleetEvent, { readonly type: "request.opened" }>

/** What is sent when nobody is there: a refusal where there is one, else the end of the run. */
export const declined = ({ kind, request }: Opened): UserCommand => {
  if (kind === "permission") return { type: "reply", request, value: "deny", by: "headless" }
  if (kind === "gate") return { type: "reply", request, value: "reject", by: "headless" }
  return { type: "cancel", target: { kind: "fleet" }, reason: { code: "nobody_to_ask", detail: `request ${request} (${kind}) needs an answer` } }
}

const words: { readonly [kind: string]: { readonly [word: string]: Json } } = {
  permission: { y: "allow_once", yes: "allow_once", always: "allow_always", n: "deny", no: "deny" },
  gate: { y: "approve", yes: "approve", n: "reject", no: "reject" },
}

/** Asks until the answer is one; undefined when the request is gone before. */
export const askHere = async ({ kind, request, prompt }: Opened, gone: AbortSignal): Promise<UserCommand | undefined> => {
  const known = words[kind]
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const said = (await lines.question(`${prompt ?? kind}${known === undefined ? "" : ` (${Object.keys(known).join("/")})`} `, { signal: gone })).trim()
      const value = known === undefined ? said : known[said.toLowerCase()]
      if (value !== undefined && value !== "") return { type: "reply", request, value, by: "user" }
    }
  } catch (error) {
    if (gone.aborted) return undefined
    throw error
  } finally {
    lines.close()
  }
}
