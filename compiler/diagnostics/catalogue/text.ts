import { message } from "../message.ts"

export const text = {
  "yaml-syntax": {
    severity: "error",
    help: "mend this first: nothing after it is looked at",
    messages: {
      default: message`${"problem"}`,
      "unknown-anchor": message`unknown anchor "${"name"}"`,
      "cyclic-anchor": message`anchor "${"name"}" contains itself`,
      "control-character": message`control character ${"character"} is not allowed in a fleet file`,
      "merge-value": message`"<<" merges maps, not a ${"found"}`,
      "complex-key": message`a key must be a single piece of text, not a ${"found"}`,
    },
  },
  "not-a-fleet": {
    severity: "error",
    help: "a fleet file is a map with the key fleet: see fleetwright init",
    messages: {
      default: message`not a fleet: expected a map with the key "fleet", found ${"found"}`,
      empty: message`not a fleet: the file is empty`,
      "no-fleet": message`not a fleet: the key "fleet" is missing`,
      compiled: message`not a fleet file: this is a compiled fleet (IR). expected the file that it was compiled from`,
      binary: message`not a fleet: this is not a text file`,
      "several-documents": message`not a fleet: one file holds one YAML document, a second one starts here`,
    },
  },
  "unknown-key": {
    severity: "error",
    messages: {
      default: message`unknown key "${"key"}" in ${"section"}. expected one of ${"expected"}`,
      inherited: message`the agent of ${"section"} does not know the key "${"key"}" of defaults. expected it at the sessions that take it`,
    },
  },
  "missing-key": { severity: "error", messages: { default: message`${"section"} needs the key "${"key"}"` } },
  "wrong-type": { severity: "error", messages: { default: message`"${"key"}" must be ${"expected"}, found ${"found"}` } },
  "duplicate-key": { severity: "error", help: "remove one of them", messages: { default: message`duplicate key "${"key"}"` } },
  "invalid-value": {
    severity: "error",
    messages: {
      default: message`invalid ${"what"} "${"value"}". expected ${"expected"}`,
      "session-id": message`invalid session id "${"id"}". expected letters, digits, "_" and "-", not starting with "-"`,
      "reserved-id": message`"${"id"}" is a word of the routing language and cannot be a session id`,
      "suppression-reason": message`a suppression needs a reason: "# fleet-ignore ${"code"}: why"`,
      "suppression-code": message`a suppression needs a code and a reason: "# fleet-ignore code: why"`,
    },
  },
  "conflicting-keys": {
    severity: "error",
    help: "keep one of them",
    messages: {
      default: message`${"section"} takes exactly one of ${"allowed"}, found ${"found"}`,
      "same-thing": message`"${"first"}" and "${"second"}" mean the same: keep one`,
    },
  },
  "limit-exceeded": {
    severity: "error",
    messages: {
      default: message`too many ${"what"}: ${"found"}, at most ${"limit"}`,
      beyond: message`too many ${"what"}: at most ${"limit"} are read`,
      problems: message`there are more than ${"limit"} problems, the rest is not told: from here on some are missing`,
    },
  },
  "dsl-syntax": {
    severity: "error",
    messages: {
      default: message`${"problem"}`,
      expected: message`expected ${"expected"}, found ${"found"}`,
    },
  },
  "unterminated-text": { severity: "error", messages: { default: message`this ${"what"} is never closed. expected ${"expected"}` } },
  "unsafe-regex": { severity: "error", messages: { default: message`this pattern cannot run in linear time: ${"problem"}` } },
} as const
