/** `npm run test:endings -- --times 100 --together 3`: as many runs as one likes, ended in every way there is. */
import { commandLine } from "../command-line.ts"
import { endings } from "./endings.ts"

const { times, together } = commandLine("test:endings", "Ends runs in every way there is, and looks what is left of them.", {
  times: { what: "runs", default: 100, least: 1 },
  together: { what: "runs at the same time", default: 3, least: 1 },
})
const { runs, faults, kept } = await endings(times, together)
for (const fault of faults) console.log(fault)
console.log(`${runs} runs, ${kept} worktrees kept and told, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
