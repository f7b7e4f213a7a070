import { tmpdir } from "node:os"
import { posix } from "node:path"
import { glob, namedPlaces, resolvedPath, type ShellRun } from "#sdk"

export interface Verdict {
  readonly effect: "deny" | "ask"
  readonly reason: string
}

const system = ["etc", "usr", "var", "bin", "sbin", "lib", "boot", "opt", "dev", "sys", "proc", "root", "home", "Users"]
const disk = /^\/dev\/(?:sd|nvme|hd|vd|xvd|mmcblk|disk|mapper\/|dm-)/

/** Nothing where Deno does not tell: then there are the usual ones. */
const ownTemporary = (): ReadonlyArray<string> => {
  try {
    return [tmpdir()]
  } catch {
    return []
  }
}
let folders: ReadonlyArray<string> | undefined
/** Looked for when it is asked for: who only loads the pack need not be allowed to. */
const temporary = (): ReadonlyArray<string> => (folders ??= ["/tmp", "/var/tmp", ...ownTemporary()].flatMap((folder) => [folder, resolvedPath(folder)]))

const denied = (reason: string): Verdict => ({ effect: "deny", reason })
const asked = (reason: string): Verdict => ({ effect: "ask", reason })
const worst = (verdicts: ReadonlyArray<Verdict | undefined>): Verdict | undefined =>
  verdicts.find((verdict) => verdict?.effect === "deny") ?? verdicts.find((verdict) => verdict !== undefined)

/** A function that calls itself twice, beside itself. */
export const isForkBomb = (line: string): boolean => /(?<![\w:.])([\w:.]{1,40})(?:\(\))?\{\1\|\1&/.test(line.replaceAll(/\s+/g, ""))

/** Where the commands work, with links followed. */
interface Place {
  readonly here: string
  readonly workspace: string
}

/** Of as many places that a line deletes the links are followed; what deletes more is asked about. */
const mostFollowed = 100

/** What the commands of a line, run one after the other from the workspace, destroy outside of it. Without a workspace only what every one would lose. */
export const destruction = (runs: ReadonlyArray<ShellRun>, files: ReadonlyArray<string>, workspace: string | undefined): Verdict | undefined => {
  let here = workspace ?? "/"
  const base = workspace === undefined ? undefined : resolvedPath(workspace)
  const found: Array<Verdict | undefined> = files.map((file) => (disk.test(file) ? denied("it overwrites a disk") : undefined))
  for (const run of runs) {
    const [program = "", ...rest] = run.words
    if (program === "cd" || program === "pushd") here = isHomeOrSystem(rest[0] ?? "~") ? "/" : posix.resolve(here, rest[0] ?? "")
    else found.push(destroys(program, rest, run.sure - 1, base === undefined ? undefined : { here, workspace: base }))
  }
  return worst(found)
}

const destroys = (program: string, rest: ReadonlyArray<string>, sure: number, place: Place | undefined): Verdict | undefined => {
  const places = rest.filter((word) => !word.startsWith("-"))
  const deletes = (): Verdict | undefined =>
    worst([
      ...places.map((path, at) => deletion(path, at < mostFollowed ? place : undefined)),
      places.length > mostFollowed ? asked("it deletes more than is looked at") : undefined,
      sure < 0 ? asked("nobody can say what it deletes") : undefined,
    ])
  switch (program) {
    case "rm":
      return rest.some((word) => /^-\w*[rR]|^--r(?:e(?:c(?:u(?:r(?:s(?:i(?:ve?)?)?)?)?)?)?)?$/.test(word)) ? deletes() : undefined
    case "find": {
      const from = rest.findIndex((word) => /^[-(!]/.test(word))
      const roots = rest.slice(0, from === -1 ? rest.length : from)
      const everything = from !== -1 && rest.slice(from).every((word) => /^-(?:delete|depth|type|xdev|mount|mindepth)$|^[dfl\d]$/.test(word))
      return rest.includes("-delete") ? worst(roots.map((root) => softened(deletion(root, place), everything))) : undefined
    }
    case "dd":
      return rest.some((word) => disk.test(word.slice("of=".length)) && word.startsWith("of=")) ||
        rest.some((word) => /^of=\/dev\/(?!null$|zero$|std)/.test(word))
        ? denied("it overwrites a disk")
        : undefined
    case "tee":
    case "cp":
    case "mv":
    case "shred":
    case "wipefs":
    case "blkdiscard":
      return places.some((path) => disk.test(path)) ? denied("it overwrites a disk") : undefined
    case "shutdown":
    case "reboot":
    case "halt":
    case "poweroff":
      return denied("it stops the machine")
    case "systemctl":
      return places.some((word) => /^(?:poweroff|reboot|halt|kexec)$/.test(word)) ? denied("it stops the machine") : undefined
    case "init":
    case "telinit":
      return places.some((word) => word === "0" || word === "6") ? denied("it stops the machine") : undefined
    default:
      return program.startsWith("mkfs") ? denied("it overwrites a disk") : undefined
  }
}

/** Some files below a place are not the place. */
const softened = (verdict: Verdict | undefined, everything: boolean): Verdict | undefined =>
  verdict === undefined || everything ? verdict : asked("it deletes files outside of the workspace")

const isTemporary = (place: string): boolean => temporary().some((folder) => place.startsWith(`${folder}/`))

/** A workspace may itself be deep in a temporary folder, as in a clone that was made there: what that holds is no more to be deleted than elsewhere. */
const isAround = (place: string, workspace: string): boolean => {
  const [folder] = temporary()
    .filter((each) => workspace.startsWith(`${each}/`))
    .toSorted((a, b) => b.length - a.length)
  if (folder === undefined) return false
  const [top = ""] = workspace.slice(folder.length + 1).split("/")
  return place.startsWith(`${folder}/${top}/`)
}

const deletion = (path: string, at: Place | undefined): Verdict | undefined => {
  if (isHomeOrSystem(path)) return denied("it deletes a system or home directory")
  const whole = path.replace(/\/?\*+$/, "")
  if (/^[~$`]/.test(path) || path.includes("$") || path.includes("`")) return asked("nobody can say what it deletes")
  if (at === undefined) return undefined
  const { here, workspace } = at
  const verdicts = namedPlaces(whole === "" ? "." : whole, here).map((place) => {
    if (place === workspace || place.startsWith(`${workspace}/`)) return undefined
    if (isHomeOrSystem(place) || workspace.startsWith(place === "/" ? place : `${place}/`)) return denied("it deletes more than the workspace")
    return isTemporary(place) && !isAround(place, workspace) ? undefined : asked("it deletes files outside of the workspace")
  })
  return worst(verdicts)
}

/** `/`, a directory that a system has at its top, a home; by a glob too. */
const isHomeOrSystem = (path: string): boolean => {
  const tidy = posix.normalize(path.replace(/^(?:~[\w.-]*|\$HOME|\$\{HOME\})(?=\/|$)/, "/home/self")).replace(/(?:\/\*+|\/)+$/, "")
  if (!path.startsWith("/") && !/^(?:~|\$HOME|\$\{HOME\})/.test(path)) return false
  const [, top = "", second, more] = tidy.split("/")
  if (more !== undefined) return false
  const named = /[*?[{]/.test(top) ? system.find(glob(top.replaceAll(/\[[^\]]*\]/g, "?").replaceAll(/\{[^}]*\}/g, "*"))) : system.find((name) => name === top)
  if (tidy === "" || tidy === "/") return true
  return second === undefined ? named !== undefined : named === "home" || named === "Users"
}
