/** A fleet in which nothing is wrong, and mistakes that can be made in it, each apart from the others. */

export interface Mistake {
  readonly name: string
  /** what stands in the fleet, once */
  readonly right: string
  /** what is written instead; between `«` and `»` stands what the one message of it points at */
  readonly wrong: string
  readonly code: string
}

const base = `fleet:
  name: planted
  base_branch: main
  task: "Do \${inputs.feature}, \${inputs.rounds} times"
  inputs:
    feature: string
    rounds: { type: integer, default: 3 }
  permissions: allow
  policies: [ baseline, { use: secrets, with: { patterns: ["AKIA[0-9A-Z]{16}"] } } ]
  workspace: git-worktree
  budget: { usd: 90, wall: 12h }
  limits: { parallel: 4 }
  defaults: { timeout: 30m, retry: { attempts: 2, backoff: 2s, on: [rate_limit] } }
  sessions:
    lead: { driver: claude, role: architect, output: { tasks: [ { title: string } ], note: string? } }
    worker: { driver: codex, effect: pure, output: { ok: boolean } }
    review:
      driver: claude
      permissions: deny
      output:
        verdict: approve | changes
        score: integer
        notes: string?
    fix: { driver: claude, context: keep }
    audit: { driver: claude, output: { type: object, required: [risk], properties: { risk: { enum: [low, high] } } } }
    far: { driver: "grpc:127.0.0.1:50051" }
    doc: { driver: claude, max_turns: 5 }
    ship: { driver: shell, command: [make, ship], compensate: unship }
    unship: { driver: shell, command: [make, unship], env: { MODE: undo } }
    last: { driver: claude, idle_timeout: 5m }
  start: lead
  routes: |
    let best = review.output.score >= 8
    on lead.done -> for t in lead.output.tasks -> worker with "Do: \${t.title}" limit 4
    on all(worker.done) when len(worker.outputs) > 0 -> review
    on review.done {
      when review.output.verdict == "approve" and best -> audit
      otherwise -> fix with """
          Mend this:
          \${review.output.notes ?? "no notes"}
        """ max 3 then fail "no end of it"
    }
    on audit.done when audit.output.risk == "low" -> doc
    on audit.done when audit.text matches /^(yes|no)/ -> far with "\${upper(audit.text)}"
    on doc.done -> ship after 5m
    on far.failed(timeout, rate_limit) -> notify "far away: \${far.error.message}"
    on ship.failed -> { undo ship; gate again "Once more?" within 2h }
    on again.approved -> last
    on again.rejected, again.expired -> fail "stopped by a person"
    on budget.reached(80%) -> notify "most of it is gone"
    on fix.idle(10m) -> cancel fix
  outputs:
    tasks: len(lead.output.tasks)
    verdict: review.output?.verdict
`

const at = (name: string, right: string, wrong: string, code: string): Mistake => ({ name, right, wrong, code })

/** In the YAML around the rules. */
const inYaml: ReadonlyArray<Mistake> = [
  at("a key that is nearly known", "  budget: {", "  «budgt»: {", "unknown-key"),
  at("a key that nobody knows", "  name: planted", "  «colour»: red", "unknown-key"),
  at("a git ref", "base_branch: main", "base_branch: «a..b»", "invalid-value"),
  at("text for a number", "parallel: 4", "parallel: «many»", "wrong-type"),
  at("a type that is none", "feature: string", "feature: «strng»", "invalid-type"),
  at("a default of another type", "default: 3", "default: «three»", "type-mismatch"),
  at("a policy pack", "baseline", "«basline»", "unknown-policy"),
  at("a workspace", "workspace: git-worktree", "workspace: «git-worktre»", "unknown-workspace"),
  at("a word that is none of a few", "permissions: allow", "permissions: «alow»", "invalid-value"),
  at("a duration without a unit", "timeout: 30m,", "timeout: «30»,", "invalid-value"),
  at("a kind of failure", "on: [rate_limit]", "on: [«rate_limt»]", "unknown-failure-kind"),
  at("a driver", "driver: codex", "driver: «codx»", "unknown-driver"),
  at("two runners", "context: keep", "«agent»: claude", "conflicting-keys"),
  at("an address of a private network", '"grpc:127.0.0.1:50051"', '«"grpc:10.0.0.1:50051"»', "private-address"),
  at("a session id", "    far: {", '    «"f r"»: { driver: claude }\n    far: {', "invalid-value"),
  at("a key twice", "max_turns: 5", "max_turns: 5, «max_turns»: 6", "duplicate-key"),
  at("a compensation that is not there", "compensate: unship", "compensate: «unshp»", "unknown-session"),
  at("a list for a map", "env: { MODE: undo }", "env: «[ MODE ]»", "wrong-type"),
  at("a part of a type", "score: integer", "score: «intger»", "invalid-type"),
  at("a part of a schema", "required: [risk]", "«required»: risk", "invalid-type"),
  at("a start that is not there", "start: lead", "start: «leed»", "unknown-session"),
  at("a session without a driver", "last: { driver: claude, ", "«last»: { ", "missing-key"),
  at("an effect", "effect: pure", "effect: «clean»", "invalid-value"),
  at("an expression that does not parse", "len(lead.output.tasks)\n", "len(lead.output.tasks «]»\n", "dsl-syntax"),
  at("an expression about nobody", "review.output?.verdict", "«revew».output?.verdict", "unknown-name"),
  at("a template about nothing", "inputs.rounds}", "inputs.«round»}", "unknown-field"),
]

/** Each in a rule of its own. */
const inRules: ReadonlyArray<Mistake> = [
  at("a let that does not parse", "review.output.score >= 8", "review.output.score >= 8 «9»", "dsl-syntax"),
  at("a missing let", "let best =", "«best» =", "dsl-syntax"),
  at("a missing on", "on audit.done when audit.output.risk", "«audit».done when audit.output.risk", "dsl-syntax"),
  at("a misspelt on", "on doc.done", "«no» doc.done", "dsl-syntax"),
  at("an arrow of another language", "on doc.done -> ship", "on doc.done «=»> ship", "dsl-syntax"),
  at("a text that is not closed", '"far away: ${far.error.message}"', '«"far away: ${far.error.message}»', "unterminated-text"),
  at("a bracket that is not closed", "on far.failed(timeout, rate_limit) ->", "on far.failed(timeout, rate_limit «->»", "dsl-syntax"),
  at("an event", "on again.approved", "on again.«aproved»", "unknown-event"),
  at("a session that is not there", "-> last", "-> «lst»", "unknown-session"),
  at("a field", "lead.output.tasks -> worker", "lead.output.«task» -> worker", "unknown-field"),
  at("a value of an enum", '"low"', '«"lo"»', "type-mismatch"),
  at("a pattern that may take for ever", "/^(yes|no)/", "/^(yes|no)«\\1»/", "unsafe-regex"),
  at("a function", "upper(", "«uper»(", "unknown-function"),
  at("a kind of failure in a rule", "timeout, rate_limit)", "timeout, «rate_limits»)", "unknown-failure-kind"),
  at("a bare event of instances", "on all(worker.done)", "on «worker.done»", "ambiguous-instances"),
  at("what may be absent", 'review.output.notes ?? "no notes"', "«review.output.notes»", "maybe-absent"),
  at("a guard that is none", "when len(worker.outputs) > 0", "when «len(worker.outputs)»", "guard-not-boolean"),
  at("a gate that nobody opens", "on again.rejected, again.expired", "on again.rejected, «agin».expired", "unknown-name"),
  at("more than all", "reached(80%)", "reached(«180%»)", "invalid-value"),
  at("a modifier twice", "after 5m", "after 5m «after 6m»", "dsl-syntax"),
  at("an action that is none", "undo ship;", "undo ship «undo»", "dsl-syntax"),
  at("a session to cancel", "cancel fix", "cancel «fx»", "unknown-session"),
  at("an event without its argument", "on fix.idle(10m)", "on «fix.idle»", "dsl-syntax"),
]

export const mistakes: ReadonlyArray<Mistake> = [...inYaml, ...inRules]

/** Which of the mistakes are made in one rule, or on one line of the rest. */
export const placeOf = ({ right }: Mistake): string => {
  const offset = base.indexOf(right)
  if (offset < 0 || base.indexOf(right, offset + 1) >= 0) throw new Error(`${right} has to stand in the fleet once`)
  const [routes, outputs] = [base.indexOf("  routes:"), base.indexOf("  outputs:")]
  const before = base.slice(0, offset + 8)
  return String(
    offset > routes && offset < outputs
      ? Math.max(before.lastIndexOf("\n    on "), before.lastIndexOf("\n    let "))
      : base.slice(0, offset).split("\n").length,
  )
}

/** How the rules stand in the file. */
export const styles = {
  block: (rules: string): string => `|\n${rules.replace(/^(?=.)/gm, "    ")}`,
  "one quoted line": (rules: string): string => `${JSON.stringify(rules)}\n`,
  "a list of them": (rules: string): string =>
    `\n${rules
      .split(/^(?=(?:on|let|«?\w+»? \w+\.done|«?\w+» ?[=.])(?:[^]))/m)
      .map((rule, at) => (at % 2 === 0 ? `    - |\n${rule.replace(/^(?=.)/gm, "      ")}` : `    - ${JSON.stringify(rule.trimEnd())}\n`))
      .join("")}`,
}

/** The fleet with mistakes in it, and what is to be told of them: code and text at fault, in file order. */
export const planted = (made: ReadonlyArray<Mistake>, style: keyof typeof styles): { readonly text: string; readonly told: ReadonlyArray<string> } => {
  const marked = made.reduce((text, { right, wrong }) => text.replace(right, () => wrong), base)
  const [head = "", rest = ""] = marked.split("  routes: |\n")
  const [rules = "", tail = ""] = rest.split("  outputs:\n")
  const whole = `${head}  routes: ${styles[style](rules.replace(/^ {4}/gm, ""))}  outputs:\n${tail}`
  const places = [...whole.matchAll(/«([^]*?)»/g)].map((found) => found[1] ?? "")
  const codes = made.toSorted((a, b) => marked.indexOf(a.wrong) - marked.indexOf(b.wrong)).map(({ code }) => code)
  return { text: whole.replace(/[«»]/g, ""), told: places.map((place, index) => `${codes[index]} ${place}`) }
}
