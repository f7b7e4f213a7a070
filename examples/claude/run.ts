/**
 * Runs the fleet beside this file in a new git repository in the system's temporary directory. Who is signed in to Claude Code gets
 * a real run; who is not, one against a stand-in for the model on this machine, which plays `stand-in.json`.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const claude = process.env["CLAUDE_BIN"] ?? "claude"

/** Nothing when the program is not there. */
const signedIn = (): boolean | undefined => {
  const { error, status } = spawnSync(claude, ["auth", "status"], { stdio: "ignore" })
  return error === undefined ? status === 0 : undefined
}

const newRepository = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "fleet-claude-"))
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=example", "-c", "user.email=example@localhost", ...args], { cwd: directory })
  git("init", "-q", "-b", "main")
  copyFileSync(here("fleet.yaml"), join(directory, "fleet.yaml"))
  git("add", "fleet.yaml")
  git("commit", "-q", "-m", "The fleet")
  return directory
}

const run = (directory: string, env: { readonly [name: string]: string }): Promise<number> =>
  new Promise((resolve, reject) => {
    const command = [here("../../cli/bin.cjs"), "run", "fleet.yaml", ...process.argv.slice(2)]
    spawn(process.execPath, command, { cwd: directory, env: { ...process.env, ...env }, stdio: "inherit" })
      .on("error", reject)
      .on("exit", (code) => resolve(code ?? 1))
  })

/** Claude Code kept on this machine: no account, no settings of the user's, nothing sent anywhere but to the stand-in. */
const runApart = async (directory: string): Promise<number> => {
  const { startStandIn } = await import("../../test/agents/stand-in/server.ts")
  const models = await startStandIn(JSON.parse(readFileSync(here("stand-in.json"), "utf8")))
  const home = mkdtempSync(join(tmpdir(), "fleet-claude-home-"))
  try {
    const account = { ANTHROPIC_BASE_URL: models.url, ANTHROPIC_API_KEY: "sk-of-no-account-0000", ANTHROPIC_AUTH_TOKEN: "" }
    return await run(directory, { ...account, CLAUDE_CONFIG_DIR: home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" })
  } finally {
    await models.close()
    rmSync(home, { recursive: true, force: true })
  }
}

const ready = signedIn()
if (ready === undefined) {
  console.error(`${claude} is not installed: run \`npm install -g @anthropic-ai/claude-code\`, or set CLAUDE_BIN to where it is`)
  process.exit(2)
}
const directory = newRepository()
console.log(`in ${directory}, ${ready ? "with the account you are signed in with" : "against a stand-in for the model, because nobody is signed in"}`)
process.exitCode = ready ? await run(directory, {}) : await runApart(directory)
