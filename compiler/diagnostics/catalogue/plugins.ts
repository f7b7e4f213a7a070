import { message } from "../message.ts"

export const plugins = {
  "plugin-load-failed": { severity: "error", messages: { default: message`plugin "${"plugin"}" could not be loaded: ${"reason"}` } },
  "plugin-config-invalid": { severity: "error", messages: { default: message`invalid configuration of "${"plugin"}": ${"problem"}` } },
  "plugin-api-version": {
    severity: "error",
    messages: { default: message`plugin "${"plugin"}" is made for API version ${"found"}, this is version ${"expected"}` },
  },
  "plugin-kind-mismatch": {
    severity: "error",
    messages: { default: message`"${"plugin"}" is no ${"expected"} plugin. it provides ${"found"}` },
  },
} as const
