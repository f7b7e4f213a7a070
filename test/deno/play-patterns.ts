/** A program: plays the fleets that its arguments name, each with the script that stands under its `x-expect`, and prints the events of each in a line. */
import { readFileSync } from "node:fs"
import process from "node:process"
import { parse } from "yaml"
import { compileFile } from "../../library/index.ts"
import { simulate } from "../../library/simulate.ts"

for (const path of process.argv.slice(2)) {
  const { ir } = await compileFile(path)
  if (ir === undefined) throw new Error(`${path} is no fleet`)
  const { script = null } = parse(readFileSync(path, "utf8"))["x-expect"]
  const { events } = await simulate(ir, { script })
  console.log(JSON.stringify(events))
}
