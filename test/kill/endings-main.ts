/** `npm run test:endings -- --times 100 --together 3`: as many runs as one likes, ended in every way there is. */
import { parseArgs } from "node:util"
import { endings } from "./endings.ts"

const { values } = parseArgs({ options: { times: { type: "string", default: "100" }, together: { type: "string", default: "3" } } })
const { runs, faults, kept } = await endings(Number(values.times), Number(values.together))
for (const fault of faults) console.log(fault)
console.log(`${runs} runs, ${kept} worktrees kept and told, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
