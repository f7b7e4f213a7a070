/** Starts a run: what was given is checked, the run is written down, then it is driven. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { canonicalJson, type Json, type PluginUse } from "#ir"
import type { JournalError } from "../journal/journal.ts"
import type { Decision, Failure } from "../machine/protocol.ts"
import { initialState } from "../machine/index.ts"
import { randomBytes, runId } from "../platform/run-id.ts"
import { makePolice, type Police } from "../policy/police.ts"
import { beginningOf, InvalidStart, type Beginning } from "./beginning.ts"
import { inTime } from "./bounded.ts"
import { driveRun } from "./drive-run.ts"
import { failureOf, type Blame } from "./failure.ts"
import { makePlaces } from "./places.ts"
import { resolveWorkspace, settle } from "./plugin-calls.ts"
import type { RunHandle, RunOptions } from "./run.ts"
import { sandboxProblem } from "./sandbox-problem.ts"

/** Fails when what was given does not fit the fleet, its sessions could work nowhere or the run cannot be written down; everything later is in the result. */
export const startRun = (options: RunOptions): Effect.Effect<RunHandle, JournalError | InvalidStart, Scope.Scope> =>
  Effect.gen(function* () {
    const { ir, journal, root } = options
    const given = beginningOf(ir, options)
    if (given instanceof InvalidStart) return yield* Effect.fail(given)
    const clock = yield* Clock.Clock
    const startedAt = clock.currentTimeMillisUnsafe()
    const run = options.run ?? runId(startedAt, randomBytes(8))
    yield* checkSandbox(options)
    yield* checkWorkspaces(options)
    const police = makePolice(run, ir, options.policies ?? {}, options.env)
    const { beginning, decisions } = yield* clearBeginning(police, given)
    const lease = yield* journal.create({ run, ir, root, startedAt, ...beginning })
    const places = makePlaces(run, ir, root, options.workspaces)
    return yield* driveRun({
      options,
      run,
      lease,
      state: { ...initialState(ir), at: startedAt },
      places,
      records: 0,
      first: [
        {
          type: "run.begun",
          run,
          ...beginning,
          ...(police.policed.length === 0 ? {} : { policed: police.policed }),
          ...(decisions.length === 0 ? {} : { decisions }),
        },
      ],
    })
  })

const checkSandbox = ({ ir, env }: RunOptions): Effect.Effect<void, InvalidStart> =>
  Effect.flatMap(sandboxProblem(ir, env), (problem) =>
    problem === undefined ? Effect.void : Effect.fail(new InvalidStart({ problems: [problem], message: problem, place: true })),
  )

const checkLimitMs = 60_000

/** Asks each workspace plugin, once for each way it is used, whether sessions could work there at all. */
const checkWorkspaces = ({ ir, root, workspaces }: RunOptions): Effect.Effect<void, InvalidStart> => {
  const { baseBranch } = ir.fleet
  const uses = new Map(ir.sessions.map(({ workspace }) => [canonicalJson({ use: workspace.use, with: workspace.with }), workspace]))
  const check = (use: PluginUse): Effect.Effect<void, Failure> => {
    const provider = resolveWorkspace(workspaces, use)
    if ("kind" in provider || provider.plugin.check === undefined) return Effect.void
    const { check: ask } = provider.plugin
    const blame: Blame = { kind: "workspace_error", who: `workspace "${use.use}" (check)` }
    const asked = settle<void>(() => ask({ root, config: provider.config, ...(baseBranch === undefined ? {} : { baseBranch }) }), blame)
    return inTime(Effect.scoped(asked), checkLimitMs, () => failureOf(`it takes longer than ${checkLimitMs / 1000} s`, blame))
  }
  return Effect.flatMap(
    Effect.forEach(uses.values(), (use) => Effect.match(check(use), { onFailure: ({ message }) => [message], onSuccess: () => [] })),
    (found) => {
      const problems = [...new Set(found.flat())]
      return problems.length === 0 ? Effect.void : Effect.fail(new InvalidStart({ problems, message: problems.join("; "), place: true }))
    },
  )
}

/** Task and inputs are the first that is written down. */
const clearBeginning = (
  police: Police,
  { inputs, task }: Beginning,
): Effect.Effect<{ readonly beginning: Beginning; readonly decisions: ReadonlyArray<Decision> }, InvalidStart> =>
  Effect.gen(function* () {
    const decisions: Array<Decision> = []
    const clear = (what: string, value: Json): Effect.Effect<Json, InvalidStart> =>
      Effect.flatMap(police.clear(value, {}), (cleared) => {
        if ("denied" in cleared) return Effect.fail(new InvalidStart({ problems: [`${what}: ${cleared.denied}`], message: `${what}: ${cleared.denied}` }))
        decisions.push(...cleared.decisions)
        return Effect.succeed(cleared.value)
      })
    const clean: { [name: string]: Json } = {}
    for (const [name, value] of Object.entries(inputs)) clean[name] = yield* clear(`input "${name}"`, value)
    const text = task === undefined ? undefined : yield* clear("the task", task)
    return { beginning: { inputs: clean, ...(typeof text === "string" ? { task: text } : {}) }, decisions }
  })
