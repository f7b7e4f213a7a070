import { join } from "node:path"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { out } from "./terminal.ts"
import { makeFolder, writeText } from "./write-text.ts"

const starter = `# Two agents: one does the task, the other reviews it, at most three rounds. Check with: fleetwright check
fleet:
  base_branch: main
  task: "Say here what is to be done"
  permissions: ask
  sessions:
    coder:
      driver: claude
    reviewer:
      driver: claude
      permissions: deny
      output: { verdict: approve | changes, notes: string? }
  start: coder
  routes: |
    on coder.done -> reviewer
    on reviewer.done {
      when reviewer.output.verdict == "approve" -> complete
      otherwise -> coder with "Mend this: \${reviewer.output.notes ?? "see the review"}" max 3 then fail "not approved after 3 rounds"
    }
`

export const init: Command = {
  usage: "init [DIRECTORY]",
  about: "Writes fleet.yaml, a fleet to start from. A file that is there is never replaced.",
  options: {},
  positionals: { least: 0, most: 1 },
  run: async (given) => {
    const directory = given.positionals[0] ?? "."
    const path = join(directory, "fleet.yaml")
    await makeFolder(directory)
    await writeText(path, starter, true)
    out(`${path} is written; fleetwright check ${path} says whether it is right\n`)
    return exit.fine
  },
}
