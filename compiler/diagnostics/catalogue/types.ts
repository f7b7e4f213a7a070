import { message } from "../message.ts"

export const types = {
  "type-mismatch": {
    severity: "error",
    help: "compare and combine values of one kind",
    messages: {
      default: message`expected ${"expected"}, found ${"found"}`,
      compare: message`${"left"} and ${"right"} can never be equal`,
      operator: message`"${"operator"}" does not work on ${"left"} and ${"right"}`,
      operand: message`"${"operator"}" does not work on ${"operand"}`,
      "not-in-enum": message`"${"value"}" is none of ${"expected"}`,
    },
  },
  "guard-not-boolean": {
    severity: "error",
    help: 'compare it with something: … == …, … > 0, … != ""',
    messages: { default: message`a guard must be boolean, this is ${"found"}` },
  },
  "maybe-absent": {
    severity: "error",
    help: 'give a default (… ?? "none"), read on only if it is there (?.), or ask first (when … != null)',
    messages: {
      default: message`${"value"} may be absent here`,
      "not-finished": message`"${"session"}" has not certainly finished done when this rule fires, so ${"value"} may be absent`,
    },
  },
  "not-a-list": { severity: "error", help: "a list type is written [string]", messages: { default: message`expected a list, found ${"found"}` } },
  "not-printable": {
    severity: "error",
    help: "take a field of it, join(…) a list, or say json(…)",
    messages: { default: message`${"found"} cannot be put into text` },
  },
  "non-exhaustive-cases": { severity: "warning", messages: { default: message`these cases leave out ${"missing"}: then nothing happens` } },
  "wrong-arguments": {
    severity: "error",
    help: "see the functions of the language",
    messages: {
      default: message`${"name"} takes ${"expected"}, found ${"found"}`,
      argument: message`argument ${"position"} of ${"name"} must be ${"expected"}, found ${"found"}`,
    },
  },
  "invalid-type": { severity: "error", messages: { default: message`invalid type: ${"problem"}` } },
} as const
