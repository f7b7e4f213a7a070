import { message } from "../message.ts"

export const plugins = {
  "plugin-load-failed": {
    severity: "error",
    help: "a plugin is a path relative to the fleet file, or a package installed beside it, that exports definePlugin(…) by default",
    messages: {
      default: message`plugin "${"plugin"}" could not be loaded: ${"reason"}`,
      manifest: message`the manifest ${"agent"} could not be loaded: ${"reason"}`,
    },
  },
  "plugin-config-invalid": {
    severity: "error",
    help: "see the plugin's page for what it takes",
    messages: { default: message`invalid configuration of "${"plugin"}": ${"problem"}` },
  },
  "plugin-api-version": {
    severity: "error",
    help: "update the plugin, or use the fleetwright it was made for",
    messages: { default: message`plugin "${"plugin"}" is made for API version ${"found"}, this is version ${"expected"}` },
  },
  "plugin-kind-mismatch": {
    severity: "error",
    help: "name a plugin of the kind that is needed here",
    messages: { default: message`"${"plugin"}" is no ${"expected"} plugin. it provides ${"found"}` },
  },
} as const
