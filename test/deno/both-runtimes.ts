/** Runs a file of the repository as a program, on Node or on Deno with the permissions it is given and no others. */
import { execFile, spawnSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const denoBinary = join(root, "node_modules/.bin/deno")

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const ran = (command: string, args: ReadonlyArray<string>, cwd: string): Ran => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 64 * 1024 * 1024 })
  return { code: status, out: stdout, err: stderr }
}

export const onNode = (cwd: string, file: string, ...args: ReadonlyArray<string>): Ran => ran(process.execPath, [join(root, file), ...args], cwd)

export const onDeno = (cwd: string, permissions: ReadonlyArray<string>, file: string, ...args: ReadonlyArray<string>): Ran =>
  ran(denoBinary, ["run", "--no-prompt", ...permissions, join(root, file), ...args], cwd)

type Variables = { readonly [name: string]: string }

const started = (command: string, args: ReadonlyArray<string>, cwd: string, variables: Variables = {}): Promise<Ran> =>
  new Promise((done) => {
    const options = { cwd, env: { ...process.env, NO_COLOR: "1", ...variables }, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(command, args, options, (_failed, out, err) => done({ code: child.exitCode, out, err }))
  })

export const nodeRun = (cwd: string, file: string, ...args: ReadonlyArray<string>): Promise<Ran> => started(process.execPath, [join(root, file), ...args], cwd)

export const denoRun = (cwd: string, permissions: ReadonlyArray<string>, file: string, ...args: ReadonlyArray<string>): Promise<Ran> =>
  started(denoBinary, ["run", "--no-prompt", ...permissions, join(root, file), ...args], cwd)

/** The command line on either runtime, with variables of the environment besides. */
export const commandLine = (
  variables: Variables,
  permissions: ReadonlyArray<string> | undefined,
  cwd: string,
  ...args: ReadonlyArray<string>
): Promise<Ran> => {
  const main = join(root, "cli/main.ts")
  return permissions === undefined
    ? started(process.execPath, [main, ...args], cwd, variables)
    : started(denoBinary, ["run", "--no-prompt", ...permissions, main, ...args], cwd, variables)
}

/** The command line on Node and, at the same time, on Deno with what the README says is enough. */
export const onBoth = (cwd: string, permissions: ReadonlyArray<string>, ...args: ReadonlyArray<string>): Promise<readonly [node: Ran, deno: Ran]> =>
  Promise.all([started(process.execPath, [join(root, "cli/main.ts"), ...args], cwd), denoRun(cwd, permissions, "cli/main.ts", ...args)])

/** What `check`, `compile` and `simulate` can do with, where the fleet is in the current directory. */
export const reading = ["--allow-read=.", "--allow-env=LOG_TOKENS,LOG_STREAM,NO_COLOR,TERM"]
