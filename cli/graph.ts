import { fleetGraph } from "#compiler/graph/fleet-graph.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { loadFleet } from "./load-fleet.ts"
import { out } from "./terminal.ts"

export const graph: Command = {
  usage: "graph FILE",
  about: "Draws the sessions and routes of a fleet.",
  options: { format: { type: "string", choices: ["mermaid", "dot", "svg", "json"], about: "how to draw (mermaid)" } },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const drawn = fleetGraph(await loadFleet(given.positionals[0] ?? "", { headless: false }))
    switch (given.text("format") ?? "mermaid") {
      case "dot":
        out((await import("#compiler/graph/render-dot.ts")).renderDot(drawn))
        break
      case "svg":
        out((await import("#compiler/graph/render-svg.ts")).renderSvg(drawn))
        break
      case "json":
        out(`${JSON.stringify(drawn)}\n`)
        break
      default:
        out((await import("#compiler/graph/render-mermaid.ts")).renderMermaid(drawn))
    }
    return exit.fine
  },
}
