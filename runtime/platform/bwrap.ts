/**
 * The sandbox `bwrap` (bubblewrap, Linux): a program sees its workspace, the system's programs and libraries, and what is named; nothing else of the
 * files of whoever runs it. No network unless it is granted, no other processes, and none of its own outlive it.
 */
import { execFile } from "node:child_process"
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from "node:fs"
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path"
import type { Sandbox } from "#ir"
import type { Confine } from "#sdk"

export interface ConfineOptions {
  readonly sandbox: Sandbox
  /** Of the session's program. */
  readonly env: { readonly [name: string]: string }
  /** The session's workspace, which it may write. */
  readonly workspace: string
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The file that `name` starts. Undefined: there is none. */
const programAt = (name: string, directory: string, path: string): string | undefined => {
  if (name.includes("/")) return [resolve(directory, name)].find(isProgram)
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(resolve(directory, folder), name))
    .find(isProgram)
}

const bwrapAt = (env: { readonly [name: string]: string | undefined }): string | undefined => programAt("bwrap", "/", env["PATH"] ?? "/usr/bin:/bin")

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
    return path
  }
}

/** What git of a worktree needs of the repository it belongs to: to read all, to write its own branch and what it commits; no configuration, no hooks. */
const repositoryOf = (workspace: string): ReadonlyArray<string> => {
  const link = join(workspace, ".git")
  if (!existsSync(link)) return []
  // What git runs outside of the sandbox, when work is taken over, must not be of the agent's making.
  if (statSync(link).isDirectory()) return ["config", "hooks"].flatMap((name) => readable(join(link, name)))
  const own = /^gitdir: (.+)$/mu.exec(readFileSync(link, "utf8"))?.[1]
  if (own === undefined) return readable(link)
  const gitDir = real(resolve(workspace, own))
  const common = real(resolve(gitDir, textOf(join(gitDir, "commondir")) ?? "."))
  const branch = /^ref: (refs\/heads\/.+)$/mu.exec(textOf(join(gitDir, "HEAD")) ?? "")?.[1]
  const branches = branch === undefined ? [] : [dirname(branch)].filter((folder) => folder !== "refs/heads").flatMap((folder) => [folder, `logs/${folder}`])
  return [
    ...readable(common),
    ...["objects", ...branches].flatMap((name) => writable(join(common, name))),
    ...writable(gitDir),
    ...["commondir", "gitdir", "config.worktree"].flatMap((name) => readable(join(gitDir, name))),
    ...readable(link),
  ]
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return undefined
  }
}

const readable = (path: string, at = path): ReadonlyArray<string> => ["--ro-bind-try", real(path), at]
const writable = (path: string): ReadonlyArray<string> => ["--bind-try", real(path), path]

/** The folder that holds all of a program: for one that npm installed, what stands around its `node_modules`. */
const homeOf = (file: string): string => {
  const at = file.indexOf("/node_modules/")
  return at < 0 ? dirname(file) : file.slice(0, at + "/node_modules".length)
}

/** Programs get what `env` says, with a home that is empty but for what the fleet names. */
export const confineWithBwrap = ({ sandbox, env, workspace }: ConfineOptions): Confine => {
  const home = env["HOME"]
  const path = env["PATH"] ?? ""
  const named = (place: string): string => (place.startsWith("~/") ? join(home ?? "/", place.slice(2)) : place)
  return (command, directory) => {
    const [name = "", ...args] = command
    const bwrap = bwrapAt(env)
    const program = programAt(name, directory, path)
    if (bwrap === undefined) throw new Error(notInstalled)
    if (program === undefined) throw Object.assign(new Error(`spawn ${name} ENOENT`), { code: "ENOENT", syscall: "spawn", path: name })
    const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
    const programs = [program, programAt("node", directory, path)].filter((file) => file !== undefined).flatMap((file) => [dirname(file), homeOf(real(file))])
    return [
      bwrap,
      ...["--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent"],
      ...(sandbox.net ? [] : ["--unshare-net"]),
      ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"],
      ...(home === undefined || home === "/" ? [] : ["--tmpfs", home]),
      ...system.flatMap((folder) => readable(folder)),
      ...settings.concat(sandbox.net ? ofNetwork : []).flatMap((file) => readable(join("/etc", file))),
      ...[...new Set([...folders, ...programs])].filter((folder) => folder !== home && folder !== "/").flatMap((folder) => readable(folder)),
      ...sandbox.read.map(named).flatMap((place) => readable(place)),
      ...sandbox.write.map(named).flatMap(writable),
      ...["--bind", workspace, workspace],
      ...repositoryOf(workspace),
      ...(env["TMPDIR"] === undefined ? [] : ["--setenv", "TMPDIR", "/tmp"]),
      ...["--remount-ro", "/"],
      ...["--chdir", directory, "--", program, ...args],
    ]
  }
}
