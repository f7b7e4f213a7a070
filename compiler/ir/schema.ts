/** The schema of a whole IR. Everything that Effect knows of the IR is in the `schema` files and `decode.ts`. */
import * as Schema from "effect/Schema"
import type { Budget, Ir, Session } from "./model.ts"
import { Amount, Count, expressionSchema, jsonSchema, Positive, spanSchema, typeSchema } from "./schema-expression.ts"
import { failureKindsSchema, pluginUseSchema, ruleSchema } from "./schema-rule.ts"

const text = Schema.optionalKey(Schema.String)
const ms = Schema.optionalKey(Amount)
const texts = Schema.Array(Schema.String)

const budgetSchema: Schema.Codec<Budget> = Schema.Struct({
  usd: Schema.optionalKey(Amount),
  tokens: Schema.optionalKey(Amount),
  wallMs: ms,
  turns: Schema.optionalKey(Count),
})

const sessionSchema: Schema.Codec<Session> = Schema.Struct({
  id: Schema.String,
  role: text,
  driver: pluginUseSchema,
  model: text,
  systemPrompt: text,
  maxTurns: Schema.optionalKey(Positive),
  permissions: Schema.Literals(["ask", "allow", "deny", "bypass"]),
  policies: Schema.Array(pluginUseSchema),
  workspace: pluginUseSchema,
  from: Schema.Union([
    Schema.Struct({ kind: Schema.Literals(["base", "trigger"]) }),
    Schema.Struct({ kind: Schema.Literal("session"), session: Schema.String }),
  ]),
  output: Schema.optionalKey(Schema.Struct({ type: typeSchema, schema: Schema.optionalKey(jsonSchema) })),
  timeoutMs: ms,
  idleTimeoutMs: ms,
  retry: Schema.Struct({
    attempts: Positive,
    backoffMs: Amount,
    factor: Amount,
    maxMs: ms,
    jitter: Schema.Boolean,
    on: Schema.optionalKey(failureKindsSchema),
  }),
  budget: Schema.optionalKey(budgetSchema),
  slo: Schema.optionalKey(Schema.Struct({ tier: text, queueTargetMs: ms, priority: Schema.optionalKey(Schema.Finite) })),
  priority: Schema.Finite,
  compensate: text,
  effect: Schema.Literals(["pure", "idempotent", "external"]),
  context: Schema.Literals(["keep", "fresh"]),
  env: Schema.Record(
    Schema.String,
    Schema.Union([
      Schema.Struct({ value: Schema.String }),
      Schema.Struct({ from: Schema.String, secret: Schema.optionalKey(Schema.Literal(true)) }),
      Schema.Struct({ parts: Schema.Array(Schema.Union([Schema.String, Schema.Struct({ from: Schema.String })])) }),
    ]),
  ),
  checkpoint: Schema.Boolean,
  sandbox: Schema.optionalKey(
    Schema.Struct({
      use: Schema.Literal("bwrap"),
      net: Schema.Union([Schema.Boolean, Schema.Array(Schema.String)]),
      read: Schema.Array(Schema.String),
      write: Schema.Array(Schema.String),
    }),
  ),
  instances: Schema.Boolean,
  dynamic: Schema.optionalKey(Positive),
  span: Schema.optionalKey(spanSchema),
})

const named = Schema.Struct({ name: Schema.String, value: expressionSchema })

export const irSchema: Schema.Codec<Ir> = Schema.Struct({
  irVersion: Schema.Literal(1),
  compiler: Schema.String,
  hash: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/u)),
  fleet: Schema.Struct({ name: Schema.String, baseBranch: text, task: Schema.optionalKey(expressionSchema), taskFile: text }),
  sources: Schema.Array(Schema.Struct({ path: Schema.String, sha256: Schema.String })),
  inputs: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      type: typeSchema,
      schema: Schema.optionalKey(jsonSchema),
      default: Schema.optionalKey(jsonSchema),
      description: text,
    }),
  ),
  sessions: Schema.Array(sessionSchema),
  start: texts,
  lets: Schema.Array(named),
  rules: Schema.Array(ruleSchema),
  outputs: Schema.Array(named),
  plugins: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      version: Schema.String,
      from: Schema.String,
      integrity: text,
      package: text,
      capabilities: Schema.Struct({ read: texts, write: texts, net: texts, run: texts, env: texts }),
    }),
  ),
  policies: Schema.Array(pluginUseSchema),
  sinks: Schema.Array(pluginUseSchema),
  mode: pluginUseSchema,
  budget: Schema.optionalKey(budgetSchema),
  limits: Schema.Struct({ parallel: Positive, outputChars: Schema.optionalKey(Positive) }),
  claims: Schema.Struct({
    joins: Schema.Array(Schema.Struct({ rule: Schema.String, verdict: Schema.Literals(["satisfiable", "may-starve", "undecided"]) })),
    worstCaseTurns: Schema.optionalKey(Amount),
    worstCaseUsd: Schema.optionalKey(Amount),
    worstCaseWallMs: Schema.optionalKey(Amount),
    responders: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({
          request: Schema.Literals(["permission", "gate", "selection"]),
          of: Schema.String,
          by: Schema.Literals(["human", "mode", "mode-or-human"]),
        }),
      ),
    ),
  }),
})
