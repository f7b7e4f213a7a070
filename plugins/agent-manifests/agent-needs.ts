/** What a session that names an agent or a manifest touches on this machine, for whoever grants permissions. No program is started to ask it. */
import { manifestAt, manifestOf } from "./find-manifest.ts"

export interface AgentNeeds {
  /** The driver that stands for the first way to speak to it; `agent` when only the agent itself could tell. */
  readonly driver: string
  /** Of an agent that is spoken to at an address. */
  readonly address?: string
  /** The program that is started, or asked for its manifest. */
  readonly program?: string
  /** Paths that are looked at to find its manifest. */
  readonly reads: ReadonlyArray<string>
}

/** `use`: `agent:<name>` or `manifest:<path>`, relative to `directory`; undefined for any other. `isDriver`: names that stand for drivers where no manifest does. */
export const agentNeeds = async (use: string, directory: string, isDriver: (name: string) => boolean): Promise<AgentNeeds | undefined> => {
  const [, kind, name = ""] = /^(agent|manifest):(.*)$/su.exec(use) ?? []
  if (kind === undefined) return undefined
  const reads: Array<string> = []
  const read = kind === "manifest" ? await manifestAt(name, directory) : await manifestOf(name, undefined, (path) => void reads.push(path))
  if (read === undefined) return { driver: isDriver(name) ? name : "agent", program: name, reads }
  if (!read.ok) return { driver: "agent", reads }
  const { command, streamJson, acp, a2a } = read.manifest
  const [program = name] = streamJson ?? acp ?? command
  if (streamJson !== undefined) return { driver: "claude", program, reads }
  if (acp !== undefined) return { driver: "acp", program, reads }
  return a2a === undefined ? { driver: "pty", program, reads } : { driver: "a2a", address: a2a, reads }
}
