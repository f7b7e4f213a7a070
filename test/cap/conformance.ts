/** What CAP v1 (and its coding profile) asks of an orchestrator and its drivers, and the tests that show it. `docs/cap-conformance.md` is made of this. */

export interface Shown {
  readonly file: string
  /** As the test is titled in its source. */
  readonly test: string
}

export interface Requirement {
  /** Section of CAP v1; `C` before it: of the coding profile, `A`: of the conventions for terminals. */
  readonly section: string
  readonly level: "MUST" | "SHOULD" | "MAY"
  readonly asks: string
  readonly shown: ReadonlyArray<Shown>
  /** What of it is not there. With tests: part of it is; without: nothing. */
  readonly missing?: string
  /** How it is met, where that is not in the words of the specification. */
  readonly means?: string
}

const by = (file: string, ...tests: ReadonlyArray<string>): ReadonlyArray<Shown> => tests.map((test) => ({ file, test }))
type Asking = (section: string, asks: string, shown: ReadonlyArray<Shown>, missing?: string, means?: string) => Requirement
const at =
  (level: Requirement["level"]): Asking =>
  (section, asks, shown, missing, means) => ({
    section,
    level,
    asks,
    shown,
    ...(missing === undefined ? {} : { missing }),
    ...(means === undefined ? {} : { means }),
  })
const [must, should, may] = [at("MUST"), at("SHOULD"), at("MAY")]

const manifests = "test/plugins/agent-manifests.test.ts"
const events = "test/cap/events.test.ts"
const orchestrator = "test/cap/orchestrator.test.ts"
const taken = "test/plugins/sdk/frames-taken.test.ts"
const messages = "test/runtime/machine/agent-messages.test.ts"
const requests = "test/runtime/machine/requests.test.ts"
const running = "test/runtime/machine/running.test.ts"
const ptyTests = "test/plugins/drivers/pty.test.ts"
const served = "test/plugins/drivers/acp-served.test.ts"
const a2aTests = "test/plugins/drivers/a2a.test.ts"
const suiteTurns = "plugins/sdk/testing/turn-cases.ts"
const suiteRequests = "plugins/sdk/testing/request-cases.ts"
const worktrees = "test/plugins/git-worktree.test.ts"

export const requirements: ReadonlyArray<Requirement> = [
  must(
    "3.2 (1)",
    "reads manifests and starts agents by them",
    by(manifests, "are drivers of a fleet, by the name or the path that it writes", "says how the agent is started and spoken to"),
  ),
  must("3.2 (2), 6.1", "speaks to any program through a terminal", [
    ...by(suiteTurns, "starts, streams and ends its turn once"),
    ...by(
      ptyTests,
      "pastes a prompt of several lines where the program can be pasted to",
      "knows how a program wants its Enter key",
      "tells tools and errors, asks what it asks, and has the size that it was given",
    ),
    ...by(manifests, "says how large its terminal is, and what the lines in it mean"),
  ]),
  must(
    "3.2 (4), 8",
    "serves the reverse RPC of the core and of each profile it advertises",
    [
      ...by(orchestrator, "that calls a method of the core is answered with its result"),
      ...by(orchestrator, "by %s is passed on, and the agent does not wait for it"),
      ...by(
        served,
        "reads and writes files of the workspace, whole and in part",
        "lists, looks for and deletes files by the methods that ACP has not, and asks before it deletes",
        "brings its user what it tells and asks by the methods of CAP's core",
        "refuses methods that it does not know",
      ),
    ],
    undefined,
    "ACP is the binding that carries such calls: what it has under its own names, the rest as `_cap/…`, told to the agent when it is connected; a plugin's driver says them as `cap.reverse_rpc`",
  ),
  must("3.3 (3), 7.10, 9", "configures a session first, and applies directory, model, system prompt, turns and permission mode", [
    ...by(orchestrator, "is configured when it is opened, and prompted only once it is ready"),
    ...by(suiteTurns, "applies the model and the system prompt", "stops at the most turns it may take", "resumes a conversation in a new process"),
  ]),
  must("3.3 (4), 7.6", "every permission request has a risk level", [
    ...by(suiteRequests, "runs a tool that is allowed", "does not run a tool that is denied"),
    ...by(events, "of %s are named as CAP names them, and none are raw bytes"),
  ]),
  must(
    "3.3 (5), 13 (1)",
    "takes input only from the orchestrator that owns the session",
    [
      ...by("test/runtime/engine/control.test.ts", "obeys who asks from elsewhere, once, and answers"),
      ...by("test/runtime/engine/run.test.ts", "share nothing: not a place, an environment or a conversation, and not each other's end"),
      ...by("test/runtime/journal/access.test.ts", "nobody but its owner reads or writes the file by which agents are spoken to"),
    ],
    undefined,
    "who asks from another process writes it into the journal, which the system lets nobody do but the user whose run it is; what agents say to each other comes by 10.3",
  ),
  must(
    "5.1, 6",
    "prefers the first fast path that is there, and falls back",
    by(
      manifests,
      "takes the best way that is understood: %s",
      "are spoken to by the next way when the program of the first %s, which is told",
      "say what was wrong with each way when none is to be had, and take none that would not ask where nothing may be done",
    ),
    undefined,
    "gRPC, which is optional, is no way that is understood here",
  ),
  must("5.4", "refuses manifests whose patterns are outside the subset", by(manifests, "is refused when it says %j")),
  must(
    "6.1, 7.8",
    "refuses to cancel where the agent cannot",
    [
      ...by(taken, "a driver with queuedInput %s and cancelTurn %s refuses, in CAP's words, what it cannot do"),
      ...by(orchestrator, "reaches a driver that can cancel turns (declared %s, in this conversation %s), and ends the session either way"),
      ...by(requests, "interrupt a driver that cannot cancel, or does not, by ending it"),
    ],
    undefined,
    "the driver refuses with `cap_cancel_unsupported`; the fleet knows that beforehand and ends the session instead, so that who cancels is obeyed",
  ),
  must("6.1", "`hard`: TERM, 5 s, KILL", [
    ...by("test/plugins/sdk/conversation.test.ts", "stops an agent that falls silent and heeds nothing"),
    ...by(suiteRequests, "leaves no process, not even one in a session of its own"),
  ]),
  must(
    "6.5, 11.1, 13 (5)",
    "drives an A2A agent only when its card has the extension `cap-protocol/v1`",
    by(a2aTests, "says on its card that it is one, where %s has it, and is told that it is wanted as one", "without it on its card is not driven as one"),
    undefined,
    "what a manifest has under `a2a_serve_at`, and sessions with `extension: cap-protocol/v1`; without it `a2a:` is a plain driver for A2A agents of all kinds",
  ),
  must(
    "7, 7.1–7.12",
    "core events have the names and fields of the specification",
    by(events, "of %s are named as CAP names them, and none are raw bytes", "with %s are found"),
  ),
  must(
    "7.0",
    "ignores namespaces of `_meta` that it does not know",
    by(orchestrator, "passes on what it says whole: unknown _meta, and each plan in the place of the one before"),
  ),
  must(
    "7.0.0, 9",
    "sends no prompt before the session is ready, which comes before everything else",
    by(orchestrator, "is configured when it is opened, and prompted only once it is ready"),
  ),
  must("7.3", "a plan replaces the one before; a priority that is absent stays absent", [
    ...by(events, "give a plan whole, and no priority where the agent gave none"),
    ...by(orchestrator, "passes on what it says whole: unknown _meta, and each plan in the place of the one before"),
  ]),
  should("7.4", "does not echo thoughts", by("test/cli/live-picture.test.ts", "says that an agent thinks, and not what")),
  must("7.5", "answers a question by its id, once", [
    ...by(suiteRequests, "asks its user and gets the answer"),
    ...by(
      requests,
      "answers to questions return in the order of the questions, whatever the order of the replies",
      "every reply that changes nothing says why",
    ),
  ]),
  must("7.6", "never allows high risk by itself without a policy that says so", [
    ...by(running, "high risk asks even under allow"),
    ...by("test/runtime/engine/policies.test.ts", "cannot lower the risk of a tool"),
  ]),
  must(
    "7.7",
    "rejects input during a turn where the agent takes none",
    [
      ...by(taken, "a driver with queuedInput %s and cancelTurn %s refuses, in CAP's words, what it cannot do"),
      ...by(requests, "are the next prompt of the activation when the driver takes none while a turn runs"),
      ...by("test/plugins/drivers/codex.test.ts", "codex exec says that a message is lost"),
    ],
    undefined,
    "the driver refuses with `cap_queued_input_unsupported`; the fleet knows that beforehand, keeps the input for the next turn and tells `message.queued`",
  ),
  must("7.9", "usage is told by the end of a session that is metered", by(suiteTurns, "reports its usage")),
  must("7.12", "no raw bytes of a terminal unless somebody asked for them", by(events, "of %s are named as CAP names them, and none are raw bytes")),
  may(
    "10.2",
    "publishes a master plan, and merges the plans of its agents into one view",
    by(orchestrator, "are one plan of the fleet, which says whose each entry is, as each agent last told it"),
  ),
  must("10.3, 13 (3)", "agents speak to each other only through the orchestrator, to be seen in the log", [
    ...by(
      messages,
      "reaches the turn that runs, as input from the speaker, and is an event",
      "may be said beside the text, %s",
      "is refused where no rule of the fleet sends from the speaker",
      "does not reach one that has finished",
      "passes the policies on deliveries first",
    ),
    ...by("test/runtime/machine/laws.test.ts", "6 no false claims: every activation that was sent has its one terminal"),
  ]),
  should(
    "10.4, C 7.4",
    "gives each agent a workspace of its own",
    by(worktrees, "gives each session its own branch and path and leaves the user's tree alone"),
  ),
  must("10.5, 13 (4)", "adds up the usage of all agents, and cancels when the budget of all is exceeded", [
    ...by(orchestrator, "counts what all its sessions use; when it is exceeded, every turn at work is cancelled"),
    ...by("test/runtime/machine/hard-semantics.test.ts", "16 budget over cumulative and delta usage"),
  ]),
  should(
    "10.6",
    "interrupts by cancelling the turn, keeping what was said, and prompting with that and the correction",
    by(requests, "can interrupt: the partial text is kept and the correction goes with it into the next turn"),
  ),
  should(
    "7, 11.3",
    "events of a CAP agent that is driven by A2A are data parts, and so are the answers to what it asks",
    by(a2aTests, "are told, asked and answered as what they are ($version, $binding)", "%j, answered %j"),
  ),
  should(
    "C 3",
    "lets an agent do with files, commands and tools what its manifest declares",
    [
      ...by(manifests, "says how far its agent reaches: %s", "use no tool that their manifest does not let them use, and nobody is asked: %s"),
      ...by(served, "does with files what the session lets it do, and nothing else"),
    ],
    undefined,
    "a tool that an agent uses without asking nobody here can stop; Claude Code is told which it has not",
  ),
  may("11.2", "offers its agents to others as A2A agents", [], "a fleet is started and watched by the process that runs it, and listens on no port"),
  should(
    "13 (2)",
    "checks manifests against a schema; runs what nobody knows in a sandbox",
    [
      ...by(manifests, "is refused when it says %j", "in a sandbox are spoken to by no way that has none"),
      ...by("test/runtime/platform/bwrap.test.ts", "works in its worktree and commits there, and sees and changes nothing else"),
    ],
    "a session has a sandbox when its fleet says so, not by itself when its agent is unfamiliar",
  ),
  should(
    "14.2",
    "takes numbers and names of errors for the same",
    [
      ...by("test/plugins/acp.test.ts", "%d %s is %s"),
      ...by(a2aTests, "say what a task failed of"),
      ...by(
        served,
        "reaches as far as the project where the session says so, and runs no command where it says that",
        "does with files what the session lets it do, and nothing else",
      ),
    ],
    undefined,
    "what an agent reports by either becomes the same kind of failure (`rate_limit`, `auth_error`, `agent_exited`, …); answers to agents have both (`-32020 cap_scope_violation`, …), and drivers refuse in CAP's names",
  ),
  must(
    "A1",
    "understands what terminals understand: cursor, line erasing, scrolling, the other screen",
    by(
      ptyTests,
      "gives lines as they are done, long ones whole",
      "gives each line once when it scrolls",
      "gives a painted screen as a whole, and nothing before",
    ),
  ),
  must(
    "A2",
    "events from patterns come of whole lines",
    by(
      ptyTests,
      "gives lines as they are done, long ones whole",
      "tells tools and errors, asks what it asks, and has the size that it was given",
      "says no where nobody answers, and stops where there is no such answer",
      "is told of calls that have no end of their own",
    ),
    undefined,
    "a question is most often a line that is not done: it is asked once the program is silent and shows it last",
  ),
  must(
    "A3",
    "an agent is idle when its prompt is shown and nothing was said for a while",
    [
      ...by(manifests, "makes a terminal that waits when its last line is the prompt and 200 ms were silent"),
      ...by(ptyTests, "looks only at what a turn has shown for its prompt", "goes by silence alone where no prompt is known"),
    ],
    undefined,
    "`pty:` without a manifest looks at the last four lines, for 500 ms",
  ),
  should(
    "A5",
    "keeps 10 000 lines of a terminal",
    [...by(ptyTests, "keeps the last 10 000 lines that its program has shown"), ...by(suiteTurns, "loses nothing to a slow reader")],
    undefined,
    "as long as the program runs; what stays after it is the text of its turns, in the journal",
  ),
  must(
    "A6",
    "says `pty_died` before a session whose terminal is gone ends",
    by(ptyTests, "says that the program died before the session ends, and nothing when it was told to go"),
  ),
  must(
    "C 4, 7.1",
    "keeps file access to its scope: links resolved first, absolute paths, and not a word on whether what lies outside is there",
    by(
      served,
      "refuses what lies outside, by whatever way, and does not say whether it is there",
      "deletes nothing that is denied or outside, through links neither, and says nothing of what is outside",
      "tells of changes to what is watched",
      "reaches as far as the project where the session says so, and runs no command where it says that",
    ).concat(by(manifests, "says how far its agent reaches: %s")),
    undefined,
    "`unrestricted` is not to be had: the most is the project that the workspace is in",
  ),
  must(
    "C 5, 7.2",
    "commands run in the scope, without a shell, are asked about, and are stopped with TERM, 5 s, KILL",
    by(served, "runs commands without a shell, keeps the end of what they say, and stops them", "writes nothing and runs nothing that is denied"),
  ),
  must("C 5.5", "what a released command said can be read for 60 s", by(served, "keeps what a released command said for a minute")),
  must("C 7.2", "each command is logged where nobody is asked", by(orchestrator, "is in the log all the same, with what let it pass")),
]
