/** Writes the JSON Schemas of what leaves fleetwright, `npm run schemas`. The files in docs/ are never written by hand. */
import { writeFileSync } from "node:fs"
import { fleetJsonSchema } from "#compiler/document/json-schema.ts"
import { irJsonSchema } from "#ir/decode.ts"
import { eventJsonSchema } from "#runtime/engine/event-schema.ts"

const rendered = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`

/** Paths from the root of the repository, with what stands in each file. */
export const schemaFiles = (): ReadonlyArray<{ readonly path: string; readonly text: string }> => [
  { path: "docs/event.schema.json", text: rendered(eventJsonSchema()) },
  { path: "docs/fleet.schema.json", text: rendered(fleetJsonSchema()) },
  { path: "docs/ir.schema.json", text: rendered(irJsonSchema()) },
]

if (import.meta.main) for (const { path, text } of schemaFiles()) writeFileSync(new URL(`../${path}`, import.meta.url), text)
