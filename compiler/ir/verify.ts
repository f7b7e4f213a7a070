/**
 * What a schema cannot say of an IR: that its names exist, its ids are unique, its bounds are kept, its expressions have the types they
 * claim, and its hash is its own. One pass, time linear in the document. What it accepts, the machine can run.
 */
import { respondersOf } from "./bounds/responders.ts"
import { figuresOf, worstCaseOf } from "./bounds/worst-case.ts"
import { canonicalValue } from "./canonical.ts"
import { hashOf } from "./hash.ts"
import { narrow } from "./type-env.ts"
import type { Action, EventPattern, Input, Ir, Join, Json, PluginUse, Responder, Send, Session, Type } from "./model.ts"
import { checkSchema } from "./json-schema/check.ts"
import { misfits } from "./misfits.ts"
import { leavesOf } from "./join-tree.ts"
import { ExpressionVerifier, type Moment } from "./verify-expressions.ts"
import { unboundedLoops } from "./verify-loops.ts"
import { nested } from "./verify-depth.ts"

/** `path` is a JSON pointer (RFC 6901) into the document. */
export interface IrFault {
  readonly path: string
  readonly message: string
}

const maxSessions = 1000
const maxRules = 10_000
const maxActionDepth = 200
const maxFaults = 100

/** Never throws, at most 100 faults; none when the IR can be run. Expects what `decodeIr` gave. */
export const verifyIr = (ir: Ir): ReadonlyArray<IrFault> => {
  if (ir.sessions.length > maxSessions) return [{ path: "/sessions", message: `more than ${maxSessions} sessions` }]
  if (ir.rules.length > maxRules) return [{ path: "/rules", message: `more than ${maxRules} rules` }]
  return new Verifier(ir).faults()
}

class Verifier {
  private readonly ir: Ir
  private readonly found: Array<IrFault> = []
  private readonly sessions: ReadonlyMap<string, Session>
  private readonly expressions: ExpressionVerifier
  private readonly plugins: ReadonlySet<string>
  private readonly gates = new Set<string>()
  private readonly bounds = new Set<string>()

  constructor(ir: Ir) {
    this.ir = ir
    this.sessions = new Map(ir.sessions.map((session) => [session.id, session]))
    this.expressions = new ExpressionVerifier(ir, this.sessions, (path, message) => this.fault(path, message))
    this.plugins = new Set(ir.plugins.map((plugin) => plugin.name))
  }

  faults(): ReadonlyArray<IrFault> {
    const { ir } = this
    if (hashOf(ir) !== ir.hash) this.fault("/hash", "changed after it was compiled: the hash is not that of the document")
    this.unique(
      "/inputs",
      ir.inputs.map((input) => input.name),
    )
    this.unique(
      "/sessions",
      ir.sessions.map((session) => session.id),
    )
    this.unique(
      "/lets",
      ir.lets.map((named) => named.name),
    )
    this.unique(
      "/rules",
      ir.rules.map((rule) => rule.id),
    )
    this.unique(
      "/outputs",
      ir.outputs.map((named) => named.name),
    )
    ir.inputs.forEach((input, at) => this.input(`/inputs/${at}`, input))
    ir.sessions.forEach((session, at) => this.session(`/sessions/${at}`, session))
    ir.start.forEach((id, at) => {
      this.known(`/start/${at}`, id)
      if (this.sessions.get(id)?.instances === true) this.fault(`/start/${at}`, instancesOnly(id))
    })
    this.uses("/policies", ir.policies)
    this.uses("/sinks", ir.sinks)
    this.use("/mode", ir.mode)
    ir.lets.forEach(({ name, value }, at) => this.expressions.declare(`/lets/${at}/value`, name, value))
    if (ir.fleet.task !== undefined) this.expressions.check("/fleet/task", ir.fleet.task, this.expressions.anytime(), "text")
    ir.rules.forEach((rule) =>
      gatesOf(
        rule.cases.map((one) => one.action),
        this.gates,
        rule.within?.otherwise,
      ),
    )
    ir.rules.forEach((rule, at) => this.rule(`/rules/${at}`, rule))
    ir.outputs.forEach(({ value }, at) => this.expressions.check(`/outputs/${at}/value`, value, this.expressions.atEnd(), "value"))
    this.claims()
    return this.found.slice(0, maxFaults)
  }

  /** What the document alone can show. Verdicts on joins are the compiler's word. */
  private claims(): void {
    const { ir } = this
    const { claims } = ir
    const joins = new Map(ir.rules.map((rule) => [rule.id, rule.join]))
    claims.joins.forEach(({ rule }, at) => {
      const join = joins.get(rule)
      if (join === undefined) this.fault(`/claims/joins/${at}/rule`, `there is no rule "${rule}"`)
      else if (join.kind === "event" || (join.kind === "instances" && join.want.kind !== "atLeast"))
        this.fault(`/claims/joins/${at}/rule`, `the rule "${rule}" waits for one event and is no join`)
    })
    this.unique(
      "/claims/joins",
      claims.joins.map(({ rule }) => rule),
    )
    // the rest is read off rules, which must be sound before that can be done
    if (this.found.length > 0) return
    for (const loop of unboundedLoops(ir)) this.fault(`/rules/${loop.rule}`, `this loop has no bound: ${loop.sessions.join(", ")}; one of its sends needs max`)
    const figures = figuresOf(ir, worstCaseOf(ir))
    for (const key of ["worstCaseTurns", "worstCaseUsd", "worstCaseWallMs"] as const) {
      const [claimed, shown] = [claims[key], figures[key]]
      if (claimed !== undefined && (shown === undefined || shown > claimed))
        this.fault(`/claims/${key}`, `the document shows ${shown === undefined ? "no bound" : shown}, not ${claimed}`)
    }
    if (claims.responders !== undefined && canonicalValue(listed(claims.responders)) !== canonicalValue(listed(respondersOf(ir))))
      this.fault("/claims/responders", "others answer the requests of this fleet")
  }

  private fault(path: string, message: string): void {
    if (this.found.length < maxFaults) this.found.push({ path, message })
  }

  private unique(path: string, names: ReadonlyArray<string>): void {
    const seen = new Set<string>()
    names.forEach((name, at) => (seen.has(name) ? this.fault(`${path}/${at}`, `"${name}" is there twice`) : seen.add(name)))
  }

  private known(path: string, session: string): void {
    if (!this.sessions.has(session)) this.fault(path, `there is no session "${session}"`)
  }

  private another(path: string, session: string, own: string): void {
    this.known(path, session)
    if (session === own) this.fault(path, "a session cannot name itself here")
    if (this.sessions.get(session)?.instances === true) this.fault(path, instancesOnly(session))
  }

  private input(path: string, input: Input): void {
    this.schema(`${path}/schema`, input.schema)
    if (input.default !== undefined) for (const problem of misfits(input, input.default)) this.fault(`${path}/default${problem.path}`, problem.message)
  }

  private schema(path: string, schema: Json | undefined): void {
    if (schema !== undefined) for (const problem of checkSchema(schema)) this.fault(path + problem.path, problem.message)
  }

  private uses(path: string, uses: ReadonlyArray<PluginUse>): void {
    uses.forEach((use, at) => this.use(`${path}/${at}`, use))
  }

  private use(path: string, { use }: PluginUse): void {
    if (!this.plugins.has(use)) this.fault(`${path}/use`, `there is no plugin "${use}"`)
  }

  private session(path: string, session: Session): void {
    this.uses(`${path}/policies`, session.policies)
    this.use(`${path}/driver`, session.driver)
    this.use(`${path}/workspace`, session.workspace)
    this.schema(`${path}/output/schema`, session.output?.schema)
    if (session.from.kind === "session") this.another(`${path}/from/session`, session.from.session, session.id)
    if (session.compensate !== undefined) this.another(`${path}/compensate`, session.compensate, session.id)
  }

  private rule(path: string, rule: Ir["rules"][number]): void {
    if (nested(rule.join, (join: Join) => (join.kind === "event" || join.kind === "instances" ? [] : join.of)) > maxActionDepth)
      return this.fault(`${path}/join`, "the join is nested too deep")
    this.join(`${path}/join`, rule.join)
    const leaves = leavesOf(rule.join)
    if (leaves.length !== countLeaves(rule.join) || leaves.includes(undefined)) this.fault(`${path}/join`, "the leaves are not numbered from 0, each once")
    if (rule.within !== undefined) this.action(`${path}/within/otherwise`, rule.within.otherwise, this.expressions.anytime(), 0)
    let moment = this.expressions.fired(rule.join)
    rule.cases.forEach(({ guard, action }, at) => {
      if (guard !== undefined) this.expressions.check(`${path}/cases/${at}/guard`, guard, moment, "guard")
      const shows = (outcome: boolean): Moment => (guard === undefined ? moment : { ...moment, env: narrow(moment.env, guard.expr, outcome) })
      this.action(`${path}/cases/${at}/action`, action, shows(true), 0)
      moment = shows(false)
    })
  }

  private join(path: string, join: Join): void {
    if (join.kind === "event" || join.kind === "instances") return this.event(`${path}/event`, join.event, join.kind === "instances")
    if (join.of.length === 0) this.fault(`${path}/of`, "a join has at least one child")
    if (join.kind === "atLeast" && join.count > join.of.length) this.fault(`${path}/count`, `${join.count} of ${join.of.length} can never hold`)
    join.of.forEach((child, at) => this.join(`${path}/of/${at}`, child))
  }

  private event(path: string, event: EventPattern, instances: boolean): void {
    if (event.source === "session" || event.source === "idle") {
      this.known(`${path}/session`, event.session)
      if (this.sessions.get(event.session)?.instances === !instances)
        this.fault(path, instances ? `"${event.session}" has no instances` : `"${event.session}" has instances: which of them?`)
    } else if (instances) this.fault(path, "only sessions have instances")
    if (event.source === "gate" && !this.gates.has(event.gate)) this.fault(`${path}/gate`, `there is no gate "${event.gate}"`)
  }

  private action(path: string, action: Action, moment: Moment, depth: number): void {
    if (depth > maxActionDepth) return this.fault(path, "the action is nested too deep")
    switch (action.kind) {
      case "send":
        return this.send(path, action, moment, depth, false)
      case "for": {
        const item: Type = action.list.type.kind === "list" ? action.list.type.item : { kind: "json" }
        this.expressions.check(`${path}/list`, action.list, moment, "list")
        const { variable } = moment.env
        const env = { ...moment.env, variable: (name: string) => (name === action.variable ? item : variable(name)) }
        return this.send(`${path}/send`, action.send, { ...moment, env }, depth, true)
      }
      case "retry":
        this.known(`${path}/session`, action.session)
        return this.bounded(path, action, moment, depth)
      case "select":
        return action.from.forEach((id, at) => this.known(`${path}/from/${at}`, id))
      case "gate":
        return this.expressions.check(`${path}/prompt`, action.prompt, moment, "text")
      case "cancel":
        return action.target.kind === "session" ? this.known(`${path}/target/session`, action.target.session) : undefined
      case "undo":
        return this.known(`${path}/session`, action.session)
      case "pause":
        return action.reason === undefined ? undefined : this.expressions.check(`${path}/reason`, action.reason, moment, "text")
      case "fail":
        return this.expressions.check(`${path}/reason`, action.reason, moment, "text")
      case "notify":
        return this.expressions.check(`${path}/text`, action.text, moment, "text")
      case "use":
        return this.use(`${path}/plugin`, action.plugin)
      case "sequence":
        return action.actions.forEach((inner, at) => this.action(`${path}/actions/${at}`, inner, moment, depth + 1))
      case "complete":
        return
    }
  }

  /** `fansOut`: it stands in a `for`, which is the only way to instances. */
  private send(path: string, send: Send, moment: Moment, depth: number, fansOut: boolean): void {
    if (send.to.length === 0) this.fault(`${path}/to`, "a send has at least one target")
    send.to.forEach((id, at) => {
      this.known(`${path}/to/${at}`, id)
      if ((this.sessions.get(id)?.instances ?? fansOut) !== fansOut) this.fault(`${path}/to/${at}`, fansOut ? `"${id}" has no instances` : instancesOnly(id))
    })
    this.bounded(path, send, moment, depth)
  }

  private bounded(path: string, action: Extract<Action, { readonly kind: "send" | "retry" }>, moment: Moment, depth: number): void {
    if (this.bounds.has(action.id)) this.fault(`${path}/id`, `"${action.id}" is there twice`)
    this.bounds.add(action.id)
    if (action.prompt !== undefined) this.expressions.check(`${path}/prompt`, action.prompt, moment, "text")
    if (action.max?.then !== undefined) this.action(`${path}/max/then`, action.max.then, moment, depth + 1)
  }
}

const instancesOnly = (session: string): string => `"${session}" has instances, which only a "for" activates`

const listed = (responders: ReadonlyArray<Responder>): Json => responders.map(({ request, of, by }) => ({ request, of, by }))

const countLeaves = (join: Join): number =>
  join.kind === "event" || join.kind === "instances" ? 1 : join.of.reduce((total, child) => total + countLeaves(child), 0)

/** Gates that some action opens; an explicit stack, since depth is not checked yet. */
const gatesOf = (actions: ReadonlyArray<Action>, gates: Set<string>, otherwise?: Action): void => {
  const pending = otherwise === undefined ? [...actions] : [...actions, otherwise]
  for (let action = pending.pop(); action !== undefined; action = pending.pop()) {
    if (action.kind === "gate") gates.add(action.gate)
    else if (action.kind === "sequence") pending.push(...action.actions)
    else if (action.kind === "for") pending.push(action.send)
    else if ((action.kind === "send" || action.kind === "retry") && action.max?.then !== undefined) pending.push(action.max.then)
  }
}
