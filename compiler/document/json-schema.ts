/**
 * The fleet file as a JSON Schema (draft 2020-12), for editors: completion, documentation and the obvious mistakes while typing. The compiler does not
 * use it: `check` says more, with better words. What the schema refuses, `check` refuses, except an explicit `null` for an absent key.
 */
import { builtinDrivers, builtinModes, builtinPolicies, builtinWorkspaces } from "../check/builtin-plugins.ts"
import { failureKinds, type Json } from "../ir/model.ts"
import { runnerKeys } from "./read-runner.ts"
import { reservedIds } from "./read-sessions.ts"
import { gitRefForm } from "./values.ts"

type Schema = { readonly [key: string]: Json }

const described = (description: string, schema: Schema): Schema => ({ description, ...schema })
const choice = (...values: ReadonlyArray<string>): Schema => ({ enum: values })
const reference = (name: string): Schema => ({ $ref: `#/$defs/${name}` })
const listOf = (items: Schema): Schema => ({ type: "array", items })
const oneOrMore = (items: Schema): Schema => ({ anyOf: [items, { type: "array", items, minItems: 1 }] })
const text: Schema = { type: "string" }
/** Names may look like numbers: `start: 1`. */
const word: Schema = { type: ["string", "number", "boolean"] }
const count: Schema = { type: "integer", minimum: 1 }
const truth: Schema = { type: "boolean" }

/** A map with the keys of the language, `$schema` and `x-…`. An empty value is an absent one. */
const map = (properties: { readonly [key: string]: Schema }, more: Schema = {}): Schema => ({
  type: "object",
  properties: { $schema: text, ...properties },
  patternProperties: { "^x-": true },
  additionalProperties: false,
  ...more,
})

const pluginUse = (known: ReadonlyArray<string>): Schema => {
  const name: Schema = known.length === 0 ? text : { anyOf: [{ enum: [...known] }, text] }
  return { anyOf: [name, map({ use: name, with: described("The plugin's configuration.", { type: "object" }) }, { required: ["use"] })] }
}

const budget = map({
  usd: described("US dollars.", reference("money")),
  tokens: described("Input and output tokens together.", count),
  wall: described("Wall time.", reference("limit")),
  turns: described("Turns; a turn that is tried again is one turn.", count),
})

const retry = map({
  attempts: described("Total executions of a turn, the first included.", count),
  backoff: described("The wait before the second attempt.", reference("duration")),
  factor: described("Each wait is so many times the one before.", { type: "number", minimum: 1 }),
  max: described("The longest wait.", reference("duration")),
  jitter: described("Waits vary, so that sessions that failed together do not come back together.", truth),
  on: described("Failures that are tried again; without it, those that may pass by themselves.", oneOrMore({ enum: [...failureKinds] })),
})

/** Keys of a session and of `defaults`. */
export const sessionProperties: { readonly [key: string]: Schema } = {
  driver: described("What runs the session: a built-in driver, a plugin's, or acp:<command>, a2a:<url>, pty:<command>.", {
    anyOf: [{ enum: builtinDrivers.filter(({ scheme }) => !scheme).map(({ name }) => name) }, text],
  }),
  agent: described("The name of a CAP agent manifest.", word),
  manifest: described("The path of a CAP agent manifest.", text),
  command: described("The program that `driver: shell` starts, as a list: program and arguments. No shell reads it.", listOf(word)),
  role: described("What the agent is, in a few words.", text),
  model: described("The model, as the driver names it.", word),
  system_prompt: described("Instructions that stand before every prompt.", text),
  max_turns: described("Turns the agent may take for one prompt.", count),
  permissions: reference("permissions"),
  policies: described("Policy packs of this session.", listOf(reference("policy"))),
  workspace: reference("workspace"),
  from: described("What the workspace starts from: base, trigger or a session.", word),
  output: described("The type of the session's output: shorthand, or JSON Schema.", reference("type")),
  timeout: described("The longest a turn may take.", reference("limit")),
  idle_timeout: described("The longest a turn may be silent.", reference("limit")),
  retry: described("When and how often a failed turn is tried again.", reference("retry")),
  budget: described("Limits of this session.", reference("budget")),
  slo: described("How soon the session wants to start.", map({ tier: word, queue_target: reference("duration"), priority: { type: "integer" } })),
  priority: described("Higher starts first.", { type: "integer" }),
  compensate: described("The session that undoes this one's work.", word),
  effect: described("What doing the work twice would mean.", choice("pure", "idempotent", "external")),
  context: described("Whether a later activation continues the conversation or begins a new one.", choice("keep", "fresh")),
  env: described("Environment variables. ${env.NAME} in a text is a secret of the caller's, hidden wherever it turns up; $NAME alone passes a variable on.", {
    type: "object",
    additionalProperties: word,
  }),
  sandbox: described("What confines the agent's program to its workspace; it has no network unless it says so.", {
    anyOf: [
      choice("bwrap"),
      map({ use: choice("bwrap"), net: { anyOf: [truth, listOf(word)] }, read: listOf(word), write: listOf(word) }, { required: ["use"] }),
    ],
  }),
  dynamic: described("How many instances of the session models and plugins that route may begin in a run. It then exists only as instances.", {
    type: "integer",
    minimum: 1,
  }),
  checkpoint: described("The driver's own checkpoints are kept.", truth),
  allow_private: described("The address may be one of a private network.", truth),
}

/** Keys that a driver of its own may have are its business. */
const session: Schema = {
  type: "object",
  properties: sessionProperties,
  not: { anyOf: [...runnerKeys].flatMap((one, at) => runnerKeys.slice(at + 1).map((other) => ({ required: [one, other] }))) },
}

const route: Schema = {
  anyOf: [
    described("Rules of the routing language.", text),
    map(
      {
        when: described("<session>.done, one or a list that all must happen.", oneOrMore({ type: "string", pattern: "\\.done$" })),
        route_to: described("The session to activate.", word),
        fan_out: map({ to: { type: "array", items: word, minItems: 1 }, split: choice("broadcast", "by_subtask") }, { required: ["to"] }),
        collect: choice("human"),
      },
      { required: ["when"], oneOf: [{ required: ["route_to"] }, { required: ["fan_out"] }, { required: ["collect"] }] },
    ),
  ],
}

/** Keys of `fleet`. */
export const fleetProperties: { readonly [key: string]: Schema } = {
  name: described("The fleet's name; without it, the file's.", { type: "string", pattern: "^[A-Za-z0-9_][A-Za-z0-9_-]*$" }),
  base_branch: described("The branch that worktrees start from.", { anyOf: [{ type: "string", pattern: gitRefForm.source }, { type: ["number", "boolean"] }] }),
  task: described("What is to be done: a template, or a path such as ./TASK.md.", text),
  inputs: described("Values that a run is given: name to type, or to { type, default, description }.", { type: "object", additionalProperties: true }),
  plugins: described("Plugins to load: paths relative to this file, or packages.", listOf(pluginUse([]))),
  permissions: reference("permissions"),
  policies: described("Policy packs of the whole fleet, in order.", listOf(reference("policy"))),
  sinks: described("Where events go as well.", listOf(pluginUse([]))),
  workspace: reference("workspace"),
  budget: described("Limits of the whole run.", reference("budget")),
  budget_usd: described("CAP's spelling of budget.usd.", reference("money")),
  limits: map({ parallel: described("Sessions at work at once.", count), output_chars: described("The longest output that is passed on.", count) }),
  defaults: described("Keys that every session has unless it says otherwise.", session),
  mode: described("Who decides what follows: the rules, a model, both, or a routing plugin.", pluginUse(builtinModes)),
  llm: described(
    "The model that routes, for the modes llm and hybrid.",
    map({ command: listOf(word), system_prompt: text, timeout_secs: { type: "number", minimum: 0 }, max_decisions: count, max_context_chars: count }),
  ),
  sessions: described("Session id to session.", {
    type: "object",
    minProperties: 1,
    maxProperties: 1000,
    propertyNames: { pattern: "^[A-Za-z0-9_][A-Za-z0-9_-]*$", not: { enum: [...reservedIds] } },
    additionalProperties: { anyOf: [session, { type: "null" }] },
  }),
  start: described("What is activated first.", oneOrMore(word)),
  routes: described("What follows what.", { anyOf: [text, { type: "array", items: route, maxItems: 10_000 }] }),
  outputs: described("Values that the run gives: name to expression.", { type: "object", additionalProperties: word }),
}

/** The JSON Schema of a fleet file; `$id` names the version of the language. */
export const fleetJsonSchema = (): Schema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:fleetwright:fleet:1",
  title: "A fleet of coding agents",
  ...map({ fleet: map(fleetProperties, { required: ["sessions", "start"] }) }, { required: ["fleet"] }),
  $defs: {
    duration: described("Such as 100ms, 30s, 5m, 2h or 1d.", { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$" }),
    limit: described("A time above 0, such as 30s, 5m or 2h.", { type: "string", pattern: "^(?!0+(\\.0+)?[a-z])\\d+(\\.\\d+)?(ms|s|m|h|d)$" }),
    money: described("US dollars: 1.50 or $1.50.", {
      anyOf: [
        { type: "number", minimum: 0 },
        { type: "string", pattern: "^\\$\\d+(\\.\\d+)?$" },
      ],
    }),
    permissions: described(
      "Who decides what an agent may do: a person, the mode itself, nobody (everything is denied), or nobody (everything is allowed).",
      choice("ask", "allow", "deny", "bypass"),
    ),
    policy: pluginUse(builtinPolicies),
    workspace: described("Where the session works.", pluginUse(builtinWorkspaces)),
    type: { type: ["string", "object", "array"] },
    budget,
    retry,
  },
})
