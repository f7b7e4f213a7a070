/** `npm run test:kill -- --times 200 --seed 1`: as many drills as one likes. A drill that fails is named by its seed. */
import { parseArgs } from "node:util"
import { drill, makeGround, measureLife, seeded } from "./drill.ts"

const { values } = parseArgs({ options: { times: { type: "string", default: "200" }, seed: { type: "string", default: "1" } } })
const ground = makeGround()
let kills = 0
let failed = 0
try {
  const life = await measureLife(ground)
  console.log(`a run takes ${Math.round(life)} ms`)
  for (let time = 0; time < Number(values.times); time++) {
    const seed = Number(values.seed) + time
    try {
      kills += (await drill(ground, seeded(seed), life)).kills
    } catch (error) {
      failed += 1
      console.log(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`)
    }
    if ((time + 1) % 20 === 0) console.log(`${time + 1} drills, ${kills} kills, ${failed} failed`)
  }
} finally {
  ground.remove()
}
console.log(`${values.times} drills, ${kills} kills, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
