/** The process of one measurement: `node child.ts SCENARIO SUBJECT SIZE` writes one JSON line, `{ "value": number }`. */
import type { ScenarioFile } from "./contract.ts"

const [scenario = "", subject = "", size = ""] = process.argv.slice(2)
const { measure } = (await import(`./scenarios/${scenario}.ts`)) as ScenarioFile<unknown>
const loaded = (await import(`./subjects/${subject}.ts`)) as { readonly subject: unknown }
process.stdout.write(`${JSON.stringify({ value: await measure(loaded.subject, Number(size)) })}\n`)
// Timers and handles that a subject leaves behind are its own affair.
process.exit(0)
