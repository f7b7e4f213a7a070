import { claude } from "../../../plugins/drivers/claude/index.ts"
import { given, smallAgent, smallScenes, suite } from "./suite.ts"

suite({
  name: "claude",
  driver: claude,
  scenes: smallScenes,
  context: (place) => ({ config: { command: place.command(smallAgent("claude-agent")) } }),
  observed: given,
})
