import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import { fleetGraph } from "#compiler/graph/fleet-graph.ts"
import { renderDot } from "#compiler/graph/render-dot.ts"
import { renderMermaid } from "#compiler/graph/render-mermaid.ts"
import { renderSvg } from "#compiler/graph/render-svg.ts"
import { printExpr } from "../../../compiler/ir/print-expr.ts"
import { parseExpression, printExpr as printSource } from "../../../compiler/routes/index.ts"

const text = `fleet:
  name: shapes
  base_branch: main
  limits: { parallel: 3 }
  budget: { usd: 5 }
  defaults: { driver: shell, command: [x] }
  sessions:
    lead: { role: "plan & <draw>", output: { parts: "[string]", verdict: good | bad } }
    worker: {}
    fixer: { compensate: undoer }
    undoer: {}
  start: lead
  routes: |
    on lead.done {
      when lead.output.verdict == "good" -> for part in lead.output.parts -> worker with "\${part}" limit 2
      otherwise -> lead with "again" max 2 then fail "no plan"
    }
    on all(worker.done) within 5m otherwise -> cancel others -> gate ship "Ship it?" within 1h
    on ship.approved -> { notify "shipping"; fixer }
    on ship.rejected -> fail "no"
    on ship.expired -> pause
    on any(fixer.done, fixer.failed(timeout, rate_limit)) -> complete
    on budget.reached(80%) -> select from [fixer]
    on human.selected -> fixer
    on fixer.cancelled -> undo fixer
`

const graphOf = (source: string) => {
  const { ir, diagnostics } = compile({ file: "f.yaml", text: source, files: () => undefined })
  if (ir === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 1))
  return fleetGraph(ir)
}

describe("the picture of a fleet", () => {
  const graph = graphOf(text)
  it("as Mermaid", () => expect(renderMermaid(graph)).toMatchSnapshot())
  it("as DOT", () => expect(renderDot(graph)).toMatchSnapshot())

  it("as SVG: every node and edge is there, names are text and nothing else", () => {
    const svg = renderSvg(graph)
    expect(svg.match(/<rect /g)).toHaveLength(graph.nodes.length)
    expect(svg.match(/class="edge/g)).toHaveLength(graph.edges.length)
    expect(svg).toContain("plan &amp; &lt;draw&gt;")
    expect(svg).not.toContain("NaN")
    expect(renderSvg(graph)).toBe(svg)
  })

  it("of the smallest fleet", () => {
    const small = graphOf("fleet: { base_branch: main, sessions: { a: { driver: shell, command: [x] } }, start: a }\n")
    expect(small.edges).toHaveLength(1)
    expect(renderSvg(small)).toContain("</svg>")
  })
})

describe("an expression of the IR prints as it could have been written", () => {
  const sources = [
    'lead.output.verdict == "good" and not (lead.turns > 2 or lead.cost >= $1.50)',
    "len(lead.output.parts) % 2 == 0 and -lead.turns + 1 < (2 - 3) * 4",
    '(lead.output.verdict ?? "bad") in ["good", "bad"]',
    "lead.text matches /^a/",
    "fleet.elapsed > 5m and lead.output.parts[0] == lead.output?.parts[1]",
    "lead.turns - (lead.turns - 1) == 1",
  ]
  it.each(sources)("%s", (source) => {
    const { ir, diagnostics } = compile({ file: "f", text: text.replace('when lead.output.verdict == "good"', `when ${source}`), files: () => undefined })
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
    const printed = printExpr(ir!.rules[0]!.cases[0]!.guard!.expr)
    const tidy = (written: string): string => printSource(parseExpression(written, (at) => at, "f").value!, "")
    expect(tidy(printed)).toBe(tidy(source))
  })
})
