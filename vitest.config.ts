import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  // plugins under test get the source, not what was last built of it
  resolve: { alias: { "fleetwright/plugin": source("./plugins/sdk/author.ts"), "fleetwright/testing": source("./library/testing.ts") } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/agents/**"],
    pool: "forks",
    setupFiles: ["./test/seeded.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
