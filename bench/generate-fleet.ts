/**
 * Fleets that look like what people write, of any size: the same size gives the same text. Sessions come in teams of five:
 *
 *   plan ─(a list of tasks)→ build[0…] ─all→ review ─(approve)→ ship ─→ the plan of the next team
 *                                            review ─(changes, at most 3 times)→ fix ─→ review
 *
 * Sessions that are left over form a pipeline behind the last team.
 */

const team = ["plan", "build", "review", "fix", "ship"] as const

/** YAML text of a fleet with exactly `size` sessions (1 to 10000), free of errors. */
export const generateFleet = (size: number): string => {
  const teams = Math.floor(size / team.length)
  const tail = size % team.length
  const sessions: Array<string> = []
  const routes: Array<string> = []
  for (let i = 0; i < teams; i++) {
    sessions.push(teamSessions(i))
    routes.push(teamRoutes(i, next(i, teams, tail)))
  }
  for (let i = 0; i < tail; i++) {
    sessions.push(tailSession(i))
    if (i > 0) routes.push(tailRoute(i))
  }
  return `${header(size)}${sessions.join("")}  start: ${teams > 0 ? "plan-0" : "polish-0"}\n${routesBlock(routes)}`
}

const kinds = ["agent_exited", "driver_error", "timeout", "max_tokens", "max_turns", "rate_limit", "auth_error", "output_invalid", "lease_lost"] as const

/** More rules for a generated fleet's text of `sessions` (a multiple of five): `count` notices of failures, at most nine per session. */
export const generateNotices = (sessions: number, count: number): string =>
  Array.from({ length: count }, (_, i) => {
    const session = `${team[i % team.length]}-${Math.floor(i / team.length) % (sessions / team.length)}`
    const kind = kinds[Math.floor(i / sessions)]
    return `    on ${session}.failed(${kind}) -> notify "${session} failed: \${${session}.error.message}"\n`
  }).join("")

const next = (i: number, teams: number, tail: number): string | undefined => (i + 1 < teams ? `plan-${i + 1}` : tail > 0 ? "polish-0" : undefined)

const header = (size: number): string => `# ${size} sessions
fleet:
  name: generated-${size}
  base_branch: main
  task: "Implement \${inputs.feature} in \${inputs.language}"
  inputs:
    feature: string
    language: { type: string, default: TypeScript }
  permissions: ask
  policies: [baseline, secrets]
  budget: { usd: ${size * 100}.00, wall: 48h }
  limits: { parallel: 8 }
  defaults:
    driver: claude
    timeout: 30m
    retry: { attempts: 2, backoff: 2s, factor: 2 }
  sessions:
`

const teamSessions = (i: number): string => `    plan-${i}:
      role: architect
      max_turns: 40
      system_prompt: |
        You split work for area ${i} of the product into tasks that do not
        touch the same files.
      output:
        tasks:
          - { title: string, files: [string], size: small | medium | large }
        summary: string
    build-${i}:
      driver: codex
      role: engineer
      budget: { usd: 2.50 }
      output: { branch: string, tests: integer, notes: string? }
    review-${i}:
      role: reviewer
      permissions: deny
      output: { verdict: approve | changes, notes: string?, score: number }
    fix-${i}:
      driver: codex
      role: engineer
      retry: { attempts: 3, backoff: 5s, factor: 2, max: 1m }
      output: { summary: string }
    ship-${i}:
      role: release engineer
      timeout: 10m
      output: { version: string, changes: [string] }
`

const teamRoutes = (i: number, following: string | undefined): string => `
# area ${i}
on plan-${i}.done -> for t in plan-${i}.output.tasks -> build-${i} with """
  Do: \${t.title}
  Only touch: \${join(t.files, ", ")}
""" limit 4
on all(build-${i}.done) -> review-${i}
  with "Review \${len(build-${i}.outputs)} branches of area ${i}."
on review-${i}.done {
  when review-${i}.output.verdict == "approve" and review-${i}.output.score >= 0.5 ->
    ship-${i} with "Ship area ${i}: \${review-${i}.output.notes ?? "no notes"}"
  otherwise -> fix-${i} with """
    The review asks for changes:
    \${review-${i}.output.notes ?? "no notes"}
  """ max 3 then fail "area ${i} is still not approved after 3 rounds"
}
on fix-${i}.done -> review-${i} with "Again, after: \${fix-${i}.output.summary}" max 3
on ship-${i}.done -> ${following === undefined ? "complete" : `${following} with "Version \${ship-${i}.output.version} is out. Go on with the next area."`}
`

const tailSession = (i: number): string => `    polish-${i}:
      role: editor
      output: { summary: string }
`

const tailRoute = (i: number): string => `
on polish-${i - 1}.done -> polish-${i} with "Continue from: \${polish-${i - 1}.output.summary}"
`

const routesBlock = (routes: ReadonlyArray<string>): string =>
  routes.length === 0
    ? ""
    : `  routes: |\n${routes
        .join("")
        .split("\n")
        .map((line) => (line === "" ? "" : `    ${line}`))
        .join("\n")}`
