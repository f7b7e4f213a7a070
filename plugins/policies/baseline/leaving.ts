import type { ShellRun } from "#sdk"

const publishers: ReadonlySet<string> = new Set([
  "npm",
  "pnpm",
  "yarn",
  "bun",
  "deno",
  "cargo",
  "twine",
  "poetry",
  "uv",
  "flit",
  "hatch",
  "gem",
  "helm",
  "docker",
  "podman",
  "gh",
  "glab",
])
const publishing: ReadonlySet<string> = new Set(["publish", "upload", "push", "login", "release"])
const others: ReadonlySet<string> = new Set(["sudo", "doas", "su", "runuser", "pkexec"])

/** Why a person is to be asked about a command that leaves the machine or works as somebody else. */
export const asksFor = ({ words: [name = "", ...rest], sure }: ShellRun): string | undefined => {
  if (others.has(name)) return "it works as another user"
  if (name === "git" && (["push", "send-pack", "http-push"].includes(rest[0] ?? "") || (["subtree", "lfs"].includes(rest[0] ?? "") && rest.includes("push"))))
    return "it publishes commits"
  if (name === "git" && rest.length > 0 && sure === 1) return "nobody can say what it runs"
  return publishers.has(name) && rest.some((word) => publishing.has(word)) ? "it publishes something or logs in" : undefined
}
