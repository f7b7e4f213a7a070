import { message } from "../message.ts"

/** Policy and budget. */
export const policy = {
  "unsupported-by-driver": {
    severity: "error",
    help: "remove it, or use a driver that can",
    messages: {
      default: message`driver "${"driver"}" cannot honour "${"key"}"`,
      because: message`driver "${"driver"}" cannot honour "${"key"}": ${"reason"}`,
    },
  },
  "nobody-to-ask": { severity: "error", messages: { default: message`${"what"} may ask a human, and nobody is there to answer` } },
  "bypass-without-isolation": {
    severity: "warning",
    messages: { default: message`${"session"} ${"verb"} permissions in the workspace "${"workspace"}", which is not isolated` },
  },
  "secret-in-source": { severity: "warning", messages: { default: message`this looks like ${"what"}: keep secrets out of the fleet file` } },
  "policy-conflict": { severity: "error", messages: { default: message`${"problem"}` } },
  "shared-workspace-race": {
    severity: "error",
    messages: {
      default: message`sessions "${"first"}" and "${"second"}" may run at once in the same workspace "${"workspace"}": ${"scenario"}`,
      instances: message`instances of "${"session"}" run at once in the same workspace "${"workspace"}"`,
      undecided: message`not decided whether sessions in the same workspace "${"workspace"}" may run at once: ${"bound"}`,
    },
  },
  "private-address": { severity: "error", messages: { default: message`"${"host"}" is no public address: it is ${"range"}` } },
  "budget-exceeds-parent": {
    severity: "error",
    help: "lower it, or raise the fleet's",
    messages: { default: message`the budget of ${"what"} (${"own"}) exceeds ${"parent"} (${"limit"})` },
  },
  "worst-case-over-budget": {
    severity: "warning",
    messages: { default: message`in the worst case this costs ${"worst"}, over the budget of ${"limit"}` },
  },
  "unbounded-cost": {
    severity: "info",
    messages: {
      default: message`${"what"} has no budget: its cost is not bounded`,
      instances: message`session "${"session"}" has a budget for each instance, and nothing bounds how many there are: ${"width"}`,
    },
  },
} as const
