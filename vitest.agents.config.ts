/** `npm run test:agents`: the real agents, installed from npm, against a stand-in for the model services. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/agents/**/*.test.ts"],
    globalSetup: ["test/agents/install.ts"],
    pool: "forks",
    maxConcurrency: 4,
    maxWorkers: 1,
    testTimeout: 300_000,
    reporters: ["verbose"],
  },
})
