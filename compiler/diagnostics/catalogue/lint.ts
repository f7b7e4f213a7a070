import { message } from "../message.ts"

export const lint = {
  "unused-let": { severity: "warning", messages: { default: message`"${"name"}" is never used` } },
  "unused-input": { severity: "warning", messages: { default: message`input "${"name"}" is never used` } },
  "unused-gate": { severity: "warning", messages: { default: message`nothing listens to the gate "${"name"}"` } },
  "redundant-send": { severity: "warning", messages: { default: message`this send does the same as an earlier one` } },
  "unused-suppression": {
    severity: "warning",
    messages: {
      default: message`nothing on the next line to ignore for "${"code"}"`,
      "unknown-code": message`unknown code "${"code"}" in a suppression`,
      "is-error": message`"${"code"}" is an error, and errors cannot be ignored`,
    },
  },
} as const
