/** The page of the requirements, `npm run cap`. */
import { requirements, type Requirement } from "./conformance.ts"
import { coreEvents, ourEvents } from "./vocabulary.ts"

export const pagePath = "docs/cap-conformance.md"

const row = (...cells: ReadonlyArray<string>): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

export const statusOf = ({ shown, missing }: Requirement): "yes" | "in part" | "not yet" =>
  shown.length === 0 ? "not yet" : missing === undefined ? "yes" : "in part"

const testsOf = ({ shown }: Requirement): string => shown.map(({ file, test }) => `"${test}" (\`${file}\`)`).join("<br>")

const frames: ReadonlyArray<readonly [string, string]> = [
  ["`cap.session.config`", "what `open` is given: `directory`, `model`, `systemPrompt`, `maxTurns`, `permissions`, `resume`"],
  ["`cap.session.ready`", "`open` has given the handle; outward the event `session.ready`"],
  ["`cap.user_input.inject`", "`prompt` begins a turn, `message` comes during one"],
  ["`cap.ask_user.answer`", "`answer`, whose `request` is the `ask_id` and whose `reply` is the `value`"],
  ["`cap.permission.response`", "`answer`, whose `request` is the `req_id` and whose `reply` is the `decision`: `allow_once`, `allow_always` or `deny`"],
  ["`cap.cancel`", "`cancel` for `current_turn`; `close` for `session`"],
]

export const page = (): string => {
  const count = (status: string): number => requirements.filter((one) => statusOf(one) === status).length
  return [
    "# What CAP v1 asks, and what shows it",
    "",
    `Written by \`npm run cap\` from \`test/cap/conformance.ts\`; a test checks that it is current and that every test it names exists. \`C\`: the coding profile; \`A\`: the conventions for terminals.`,
    "What stands in `plugins/sdk/testing/` are cases of the driver suite: [driver-conformance.md](driver-conformance.md) says with which drivers each runs.",
    `Of ${requirements.length} requirements ${count("yes")} are met, ${count("in part")} in part, ${count("not yet")} not yet.`,
    "",
    row("section", "", "asks", "met", "shown by", "what is missing, or how it is met in other words"),
    row("---", "---", "---", "---", "---", "---"),
    ...requirements.map((one) =>
      row(one.section, one.level, one.asks, statusOf(one), testsOf(one), [one.missing, one.means].filter((text) => text !== undefined).join("; ")),
    ),
    "",
    "## Events",
    "",
    "What a driver says of its agent has the kinds and fields of CAP, and these fields only. Kinds of a driver's own do not begin with `cap.`.",
    "",
    row("kind", "always", "may have", "ours"),
    row("---", "---", "---", "---"),
    ...Object.entries(coreEvents).map(([kind, { needs, may = [], ours = [] }]) =>
      row(`\`${kind}\``, ...[needs, may, ours].map((names) => names.map((name) => `\`${name}\``).join(", "))),
    ),
    ...Object.entries(ourEvents).map(([kind, what]) => row(`\`${kind}\``, "", "", what)),
    "",
    "`cap.session.ready`, `cap.tool_call.delta` and `cap.pty.raw_bytes` no built-in driver says. `message_id`, and `output` and `duration_ms` of a tool call, they do not tell.",
    "",
    "## Frames",
    "",
    "Drivers are called in the same process, so frames are what the driver contract has, under its own names:",
    "",
    row("CAP", "here"),
    row("---", "---"),
    ...frames.map(([cap, here]) => row(cap, here)),
    "",
  ].join("\n")
}
