/**
 * The sandbox `bwrap` (bubblewrap, Linux): a program sees its workspace, the system's programs and libraries, and what is named; nothing else of the
 * files of whoever runs it. No network unless it is granted, no other processes, and none of its own outlive it.
 */
import { execFile } from "node:child_process"
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs"
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path"
import type { Sandbox } from "#ir"
import { findProgram, ownPath, type Confine } from "#sdk"

export interface ConfineOptions {
  readonly sandbox: Sandbox
  /** Of the session's program. */
  readonly env: { readonly [name: string]: string }
  /** The session's workspace, which it may write. */
  readonly workspace: string
  /** The branch that the workspace is for, when it has one of its own. */
  readonly branch?: string | undefined
  /** Where the way out is, for a sandbox that has a part of the network (`openNetGate`). */
  readonly gate?: string | undefined
}

/** `writable`: what agents may write, where a program of that name would be theirs. */
const bwrapAt = (env: { readonly [name: string]: string | undefined }, writable: ReadonlyArray<string> = []): string | undefined =>
  findProgram("bwrap", { directory: "/", path: ownPath(env["PATH"], writable) })

const notInstalled = "bwrap is not installed; install the package bubblewrap"

/** Whether it works here; else why not, and what to do. Some systems have the program and forbid what it needs. */
export const bwrapProblem = (env: { readonly [name: string]: string | undefined }): Promise<string | undefined> => {
  const bwrap = process.platform === "linux" ? bwrapAt(env) : undefined
  if (bwrap === undefined) return Promise.resolve(process.platform === "linux" ? notInstalled : "bwrap is there on Linux only")
  return new Promise((done) => {
    const args = ["--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--die-with-parent", "true"]
    execFile(bwrap, args, { timeout: 10_000 }, (failed, _out, err) =>
      done(failed === null ? undefined : `bwrap does not work here: ${err.trim().split("\n")[0] || failed.message}; this system may not allow user namespaces`),
    )
  })
}

const system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store"]
/** What programs look up of the machine; nothing with secrets. */
const settings = ["ssl", "ca-certificates", "pki", "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "passwd", "group", "nsswitch.conf", "localtime"]
const ofNetwork = ["resolv.conf", "hosts", "host.conf", "services", "protocols"]

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    // It is not there: then neither is what it would lead to.
    return path
  }
}

/**
 * What git of a worktree needs of the repository it belongs to: to read all, to write its own branch and what it commits; no configuration, no hooks:
 * what git runs outside of the sandbox, when work is taken over, must not be of the agent's making. Agents before may have left anything in what
 * they could write, so none of that says what is reached: no link is followed, and a worktree's folder must be one that its repository made for it.
 */
const repositoryOf = (workspace: string, branch: string | undefined): ReadonlyArray<string> => {
  const link = join(workspace, ".git")
  const about = lstatSync(link, { throwIfNoEntry: false })
  // Bound by itself, so that nobody puts another in its place.
  if (about?.isDirectory() === true)
    return [...plain("--bind", workspace, ".git"), ...["config", "config.worktree"].flatMap((name) => unchanged(link, name)), ...unchangedFolder(link, "hooks")]
  if (about?.isFile() !== true) return []
  const gitDir = real(resolve(workspace, /^gitdir: (.+)$/mu.exec(readFileSync(link, "utf8"))?.[1] ?? "."))
  const common = dirname(dirname(gitDir))
  if (gitDir !== join(common, "worktrees", basename(gitDir)) || leadsTo(gitDir, "commondir") !== common || leadsTo(gitDir, "gitdir") !== real(link))
    return plain("--ro-bind", workspace, ".git")
  const folder = branch === undefined ? "refs/heads" : dirname(`refs/heads/${branch}`)
  const branches = folder === "refs/heads" ? [] : [folder, `logs/${folder}`]
  return [
    ...plain("--ro-bind", common, ""),
    ...["objects", ...branches].flatMap((name) => plain("--bind", common, name)),
    ...plain("--bind", gitDir, ""),
    ...["commondir", "gitdir", "config.worktree"].flatMap((name) => unchanged(gitDir, name)),
    ...plain("--ro-bind", workspace, ".git"),
  ]
}

/** Where a file of git points, relative to the folder it is in. */
const leadsTo = (folder: string, name: string): string | undefined => {
  try {
    return real(resolve(folder, readFileSync(join(folder, name), "utf8").trim()))
  } catch {
    // Without it, the folder is none of a worktree.
    return undefined
  }
}

/** Nothing where there is none of that name in the folder, or a link is on the way to it. */
const plain = (how: "--bind" | "--ro-bind", folder: string, name: string): ReadonlyArray<string> => {
  const path = join(real(folder), name)
  return existsSync(path) && real(path) === path ? [how, path, join(folder, name)] : []
}

/** As it is; what is not there stays empty. */
const unchanged = (folder: string, name: string): ReadonlyArray<string> =>
  existsSync(join(folder, name)) ? plain("--ro-bind", folder, name) : ["--dev-bind", "/dev/null", join(folder, name)]
const unchangedFolder = (folder: string, name: string): ReadonlyArray<string> =>
  existsSync(join(folder, name)) ? plain("--ro-bind", folder, name) : ["--tmpfs", join(folder, name)]

const readable = (path: string): ReadonlyArray<string> => ["--ro-bind-try", real(path), path]
const writable = (path: string): ReadonlyArray<string> => ["--bind-try", real(path), path]

/** The folder that holds all of a program: for one that npm installed, what stands around its `node_modules`. */
const homeOf = (file: string): string => {
  const at = file.indexOf("/node_modules/")
  return at < 0 ? dirname(file) : file.slice(0, at + "/node_modules".length)
}

/** Where a sandbox sees the way out. */
const gateInside = "/run/fleet-net"

/** What runs a script in a sandbox as this program is run. */
const ownRuntime = [process.execPath, ...("deno" in process.versions ? ["run", "--quiet", "--no-config", "--allow-all"] : [])]

/** Programs get what `env` says, with a home that is empty but for what the fleet names. */
export const confineWithBwrap = ({ sandbox, env, workspace, branch, gate }: ConfineOptions): Confine => {
  const home = env["HOME"]
  const path = env["PATH"] ?? ""
  const named = (place: string): string => (place.startsWith("~/") ? join(home ?? "/", place.slice(2)) : place)
  const written = sandbox.write.map(named)
  return (command, directory, variables = {}) => {
    const [name = "", ...args] = command
    const bwrap = bwrapAt(env, [workspace, ...written])
    const program = findProgram(name, { directory, path })
    if (bwrap === undefined) throw new Error(notInstalled)
    if (program === undefined) throw Object.assign(new Error(`spawn ${name} ENOENT`), { code: "ENOENT", syscall: "spawn", path: name })
    const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
    const bridged = gate === undefined ? [] : [...ownRuntime, `${gateInside}/bridge.mjs`, `${gateInside}/socket`]
    const programs = [program, findProgram("node", { directory, path }), ...(gate === undefined ? [] : [process.execPath])]
      .filter((file) => file !== undefined)
      .flatMap((file) => [dirname(file), homeOf(real(file))])
    return [
      bwrap,
      ...["--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent"],
      ...(sandbox.net === true ? [] : ["--unshare-net"]),
      ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"],
      ...(home === undefined || home === "/" ? [] : ["--tmpfs", home]),
      ...system.flatMap((folder) => readable(folder)),
      ...settings.concat(sandbox.net === true ? ofNetwork : []).flatMap((file) => readable(join("/etc", file))),
      ...[...new Set([...folders, ...programs])].filter((folder) => folder !== home && folder !== "/").flatMap((folder) => readable(folder)),
      ...sandbox.read.map(named).flatMap((place) => readable(place)),
      ...written.flatMap(writable),
      ...["--bind", workspace, workspace],
      ...(gate === undefined ? [] : ["--ro-bind", gate, gateInside]),
      ...repositoryOf(workspace, branch),
      ...(env["TMPDIR"] === undefined ? [] : ["--setenv", "TMPDIR", "/tmp"]),
      ...Object.entries(variables).flatMap(([variable, value]) => ["--setenv", variable, value]),
      ...["--remount-ro", "/"],
      ...["--chdir", directory, "--", ...bridged, program, ...args],
    ]
  }
}
