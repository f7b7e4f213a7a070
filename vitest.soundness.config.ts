/** `npm run test:soundness`: the checker against brute force and against the machine, on many times as many random fleets as in `npm test`. */
import { defineConfig } from "vitest/config"

const { SOUNDNESS_TIMES = "100", FC_SEED = "random" } = process.env

export default defineConfig({
  test: {
    include: ["test/compiler/check/soundness-{brute,machine}.test.ts"],
    setupFiles: ["./test/seeded.ts"],
    env: { SOUNDNESS_TIMES, FC_SEED },
    pool: "forks",
    testTimeout: 24 * 3600_000,
    reporters: ["verbose"],
  },
})
