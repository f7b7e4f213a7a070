/** A command as a program or another process gave it, looked at before anybody obeys it. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Rejection } from "../machine/protocol.ts"
import { plainJson } from "./plain-json.ts"
import type { UserCommand } from "./run.ts"

const text = Schema.String
const target = Schema.Union([Schema.Struct({ kind: Schema.Literal("fleet") }), Schema.Struct({ kind: Schema.Literals(["session", "turn"]), session: text })])

const commandSchema = Schema.Union([
  Schema.Struct({ type: Schema.Literal("reply"), request: text, value: Schema.Json, by: text }),
  Schema.Struct({ type: Schema.Literal("user.sent"), session: text, text, interrupt: Schema.optionalKey(Schema.Boolean) }),
  Schema.Struct({ type: Schema.Literal("cancel"), target, reason: Schema.Struct({ code: text, detail: Schema.optionalKey(text) }) }),
  Schema.Struct({ type: Schema.Literal("pause"), reason: Schema.optionalKey(text) }),
  Schema.Struct({ type: Schema.Literal("resume") }),
  Schema.Struct({ type: Schema.Literal("select"), session: text, by: text }),
  Schema.Struct({ type: Schema.Literal("breakpoint"), action: Schema.Literals(["set", "clear"]), session: text }),
])

const decode = Schema.decodeUnknownOption(commandSchema)

/** Undefined for what is no command of this version, whoever wrote it. */
export const readCommand = (value: unknown): UserCommand | undefined => {
  const plain = plainJson(value)
  return plain === undefined ? undefined : Option.getOrUndefined(decode(plain))
}

export const unreadable: Rejection = { code: "invalid_reply", message: "this is no command that the run's version of fleetwright knows" }
