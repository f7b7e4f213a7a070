import { message } from "../message.ts"

export const flow = {
  "unreachable-session": { severity: "warning", messages: { default: message`nothing ever starts the session "${"session"}"` } },
  "unbounded-loop": { severity: "error", messages: { default: message`this loop has no bound: ${"cycle"}` } },
  "dead-route": {
    severity: "warning",
    help: "start what it waits for, or remove the route",
    messages: {
      default: message`this route never fires`,
      because: message`this route never fires: ${"reason"}`,
      "never-compensated": message`"${"session"}" is never compensated, since it has no compensate`,
      "never-expires": message`the gate "${"gate"}" never expires, since nothing limits how long it waits`,
      "undoes-nothing": message`this undoes nothing, since "${"session"}" has no compensate`,
    },
  },
  "unsatisfiable-join": {
    severity: "error",
    help: "wait for what can happen together: any(…) when one is enough, or bring the missing one about",
    messages: {
      default: message`this join can never be satisfied: ${"scenario"}`,
      undecided: message`not decided whether this join can be satisfied: ${"bound"}`,
    },
  },
  "join-may-starve": {
    severity: "warning",
    help: "bring the missing one about in every case, or say what happens when it does not: … within 10m otherwise -> …",
    messages: {
      default: message`this join may wait for ever without any failure: ${"scenario"}`,
      undecided: message`not decided whether this join may wait for ever: ${"bound"}`,
    },
  },
  "double-activation": {
    severity: "warning",
    help: "wait for both with all(…), or let one come after the other",
    messages: {
      default: message`two rules may activate "${"session"}", neither before the other: ${"scenario"}`,
      undecided: message`not decided whether "${"session"}" may be activated twice: ${"bound"}`,
    },
  },
  "unreachable-case": {
    severity: "warning",
    messages: { default: message`this case is never reached`, because: message`this case is never reached: ${"reason"}` },
  },
  "ambiguous-instances": {
    severity: "error",
    help: "all(…) waits for every instance of the fan-out, any(…) for the first, each(…) is each on its own",
    messages: {
      default: message`"${"session"}" runs as several instances: say all(${"event"}), any(${"event"}) or each(${"event"})`,
      send: message`"${"session"}" runs as several instances, and this does not say which. expected for … in … -> ${"session"}`,
      one: message`"${"session"}" runs as several instances, and this does not say which. expected a session that is no target of a for`,
      value: message`"${"session"}" runs as several instances, so ${"value"} is not one value. expected ${"expected"}`,
    },
  },
  "never-ends": {
    severity: "error",
    help: "say when it is over: a rule with complete, or a wall time in the budget",
    messages: {
      default: message`no execution of this fleet ends: ${"scenario"}`,
      undecided: message`not decided whether people are asked again and again, whatever they answer: ${"bound"}`,
    },
  },
} as const
