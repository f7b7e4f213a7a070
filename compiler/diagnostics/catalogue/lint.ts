import { message } from "../message.ts"

export const lint = {
  "unused-let": { severity: "warning", help: "use it, or remove it", messages: { default: message`"${"name"}" is never used` } },
  "unused-input": { severity: "warning", help: "use it (${inputs.…}), or remove it", messages: { default: message`input "${"name"}" is never used` } },
  "unused-gate": { severity: "warning", messages: { default: message`nothing listens to the gate "${"name"}"` } },
  "redundant-send": { severity: "warning", help: "remove one of them", messages: { default: message`this send does the same as an earlier one` } },
  "unused-suppression": {
    severity: "warning",
    help: "remove it",
    messages: {
      default: message`there is no "${"code"}" on the next line to ignore`,
      "unknown-code": message`unknown code "${"code"}" in a suppression`,
      "is-error": message`"${"code"}" is an error, and errors cannot be ignored`,
    },
  },
} as const
