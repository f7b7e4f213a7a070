import { message } from "../message.ts"

export const names = {
  "unknown-session": { severity: "error", messages: { default: message`unknown session "${"name"}". expected one of ${"expected"}` } },
  "unknown-driver": { severity: "error", messages: { default: message`unknown driver "${"name"}". expected one of ${"expected"}` } },
  "unknown-plugin": {
    severity: "error",
    messages: {
      default: message`unknown plugin "${"name"}". expected one of ${"expected"}`,
      "none-loaded": message`unknown plugin "${"name"}": this fleet loads no plugins`,
    },
  },
  "unknown-policy": { severity: "error", messages: { default: message`unknown policy pack "${"name"}". expected one of ${"expected"}` } },
  "unknown-name": {
    severity: "error",
    help: "names are sessions, inputs.…, let names and for names",
    messages: {
      default: message`unknown name "${"name"}"`,
      expected: message`unknown ${"what"} "${"name"}". expected one of ${"expected"}`,
      "before-let": message`"${"name"}" is used before its let`,
    },
  },
  "unknown-field": {
    severity: "error",
    messages: {
      default: message`unknown field "${"name"}" of ${"owner"}. expected one of ${"expected"}`,
      "no-inputs": message`unknown input "${"name"}": this fleet declares no inputs`,
    },
  },
  "unknown-function": { severity: "error", messages: { default: message`unknown function "${"name"}". expected one of ${"expected"}` } },
  "unknown-event": { severity: "error", messages: { default: message`unknown event "${"name"}" of ${"owner"}. expected one of ${"expected"}` } },
  "duplicate-name": { severity: "error", help: "give it another name", messages: { default: message`the name "${"name"}" is already taken by ${"other"}` } },
  "duplicate-target": { severity: "error", help: "name it once", messages: { default: message`"${"name"}" is named twice in one list` } },
  "unknown-failure-kind": {
    severity: "error",
    messages: { default: message`unknown failure kind "${"name"}". expected one of ${"expected"}` },
  },
  "unknown-workspace": { severity: "error", messages: { default: message`unknown workspace "${"name"}". expected one of ${"expected"}` } },
} as const
