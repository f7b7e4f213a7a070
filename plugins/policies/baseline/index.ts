/**
 * `baseline`: what hardly any fleet wants. Denied: commands that destroy more than the workspace, and keys and passwords kept in the home directory.
 * Asked for, whatever the permission mode: what leaves the machine, works as somebody else, or is too long to be judged.
 */
import { commandOf, definePolicy, optionalFields, pathsOf, simpleCommands, type PolicyDecision, type PolicyPayload } from "#sdk"

/** Longer lines are not taken apart. */
const longest = 50_000

type Words = ReadonlyArray<string>

const wordsOf = (command: string): Words => command.split(/[\s"'`;&|(){}]+/).filter((word) => word !== "")
const program = (words: Words): string => words[0]?.split("/").at(-1) ?? ""
const isHomeOrSystem = (path: string): boolean =>
  /^(?:\/|\/\*|(?:~|\$HOME|\/root|\/(?:home|Users)(?:\/[^/]+)?|\/(?:etc|usr|var|bin|sbin|lib|boot|opt|dev|sys|proc))(?:\/\*?)?)$/.test(
    path.replaceAll(/\/+/g, "/").replaceAll("${HOME}", "$HOME"),
  )

const destroys = (words: Words): string | undefined => {
  const rest = words.slice(1)
  switch (program(words)) {
    case "rm":
      return rest.some((word) => /^-\w*[rR]|^--recursive$/.test(word)) && rest.some(isHomeOrSystem) ? "it deletes a system or home directory" : undefined
    case "dd":
      return rest.some((word) => /^of=\/dev\/(?!null$|zero$)/.test(word)) ? "it overwrites a disk" : undefined
    case "shutdown":
    case "reboot":
    case "halt":
    case "poweroff":
      return "it stops the machine"
    default:
      return program(words).startsWith("mkfs") ? "it overwrites a disk" : undefined
  }
}

/** In a line that nobody can take apart, a command may begin at any word. */
const destroysAnywhere = (words: Words): string | undefined => words.map((_, at) => destroys(words.slice(at, at + 50))).find((reason) => reason !== undefined)

const publishers: ReadonlySet<string> = new Set(["npm", "pnpm", "yarn", "cargo", "twine", "gem", "docker", "podman", "gh"])
const interpreters: ReadonlySet<string> = new Set(["sh", "bash", "zsh", "dash", "ksh", "node", "python", "python3", "perl", "ruby"])

const asksFor = (words: Words): string | undefined => {
  const name = program(words)
  if (name === "sudo" || name === "doas" || name === "su") return "it works as another user"
  if (name === "git" && words.includes("push")) return "it publishes commits"
  if (publishers.has(name) && words.some((word) => ["publish", "upload", "push", "login", "release"].includes(word))) return "it publishes something or logs in"
  return interpreters.has(name) && words.slice(1).every((word) => word === "-") ? "it runs what another program prints" : undefined
}

const keys =
  /(?:^|[/\s"'=:])(?:\.(?:ssh\/(?!known_hosts|config)|aws\/credentials|gnupg\/|netrc\b|pgpass\b|docker\/config\.json|kube\/config|config\/gh\/hosts\.yml)|etc\/shadow\b)/

const decideTool = (payload: PolicyPayload): PolicyDecision | undefined => {
  const line = commandOf(payload)
  if (line.length > longest) return { effect: "ask", reasons: ["the command is too long to be judged"] }
  const { commands, plain } = simpleCommands(line)
  const all = commands.map(wordsOf)
  const forkBomb = /:\(\)\s{0,9}\{\s{0,9}:\s{0,9}\|/.test(line)
    ? "it is a fork bomb"
    : />\s{0,9}\/dev\/(?:sd|nvme|hd|disk)/.test(line)
      ? "it overwrites a disk"
      : undefined
  const denied = forkBomb ?? all.map(destroys).find((reason) => reason !== undefined) ?? (plain ? undefined : destroysAnywhere(wordsOf(line)))
  if (denied !== undefined) return { effect: "deny", reasons: [denied] }
  if (keys.test(line) || pathsOf(payload).some((path) => keys.test(path))) return { effect: "deny", reasons: ["it touches keys or passwords of the user"] }
  const asked = all.map(asksFor).find((reason) => reason !== undefined)
  return asked === undefined ? undefined : { effect: "ask", reasons: [asked] }
}

export const baseline = definePolicy({
  config: optionalFields({}),
  boundaries: ["tool"],
  decide: (_, payload) => decideTool(payload),
})
