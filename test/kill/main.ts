/** `npm run test:kill -- --times 200 --seed 1`: as many drills as one likes. A drill that fails is named by its seed. */
import { commandLine } from "../command-line.ts"
import { drill, makeGround, measureLife, seeded } from "./drill.ts"

const { times, seed: first } = commandLine("test:kill", "Kills runs at random moments and takes them up again, until each has come to its end.", {
  times: { what: "runs that are killed", default: 200, least: 1 },
  seed: { what: "of the first", default: 1, least: 0 },
})
const ground = makeGround()
let kills = 0
let failed = 0
try {
  const life = await measureLife(ground)
  console.log(`a run takes ${Math.round(life)} ms`)
  for (let time = 0; time < times; time++) {
    const seed = first + time
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
console.log(`${times} drills, ${kills} kills, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
