/** Drivers for whole families of agents as the suite is given them, each with an agent that is small. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { a2a } from "../../../plugins/drivers/a2a/index.ts"
import { acp } from "../../../plugins/drivers/acp/index.ts"
import { pty } from "../../../plugins/drivers/pty/index.ts"
import type { DriverFixture, Observed, Place } from "../../../plugins/sdk/testing/index.ts"

/** In a terminal Deno would ask for each permission. */
const runtime: ReadonlyArray<string> = "Deno" in globalThis ? [process.execPath, "run", "-A"] : [process.execPath]

const agent = (name: string): ReadonlyArray<string> => [...runtime, fileURLToPath(new URL(`agents/${name}.mjs`, import.meta.url))]

/** Program and arguments as they stand after `acp:` and in `args`. */
const targeted = (place: Place, argv: ReadonlyArray<string>): { readonly target: string; readonly args: ReadonlyArray<string> } => {
  const [target = "", ...args] = place.command(argv)
  return { target, args }
}

const given = ({ home }: Place): Observed => JSON.parse(readFileSync(join(home, "given.json"), "utf8"))

export const acpFixture = (protocol: "1" | "2"): DriverFixture => ({
  name: protocol === "1" ? "acp" : "acp, version 2",
  driver: acp,
  scenes: {
    hello: "hello",
    tool: "tool",
    permission: "permission",
    withdrawn: "withdrawn",
    twice: "twice",
    question: "question",
    hang: "hang",
    orphan: "orphan",
    remember: "remember kiwi",
    recall: "recall",
    flood: "flood",
  },
  context: (place) => ({ config: { ...targeted(place, agent("acp-agent")), protocol } }),
  observed: given,
  // Bad lines and deaths are all the same to both versions.
  ...(protocol === "1" ? {} : { process: false }),
})

/** `sdk-agent` speaks both versions, and what comes of it is by what is offered. */
export const acpSdkFixture = (protocol: "1" | "2"): DriverFixture => ({
  ...acpFixture(protocol),
  name: `acp, an agent of the SDK, version ${protocol}`,
  context: (place) => ({ config: { ...targeted(place, agent("sdk-agent")), protocol } }),
  process: false,
})

export const acpSdkAgent = (versions: "1" | "2" | "12"): ReadonlyArray<string> => [...agent("sdk-agent"), versions]

export const a2aFixture = (name: string, agent: { readonly url: string; readonly prompts: ReadonlyArray<string> }): DriverFixture => ({
  name,
  driver: a2a,
  scenes: { hello: "hello", question: "question", hang: "hang", remember: "remember kiwi", recall: "recall", flood: "flood" },
  context: () => ({ config: { target: agent.url } }),
  observed: () => {
    const systemPrompt = agent.prompts.find((prompt) => prompt.startsWith("suite:"))
    return systemPrompt === undefined ? {} : { systemPrompt }
  },
  process: false,
})

export const smallProgram = agent("pty-agent")

export const ptyFixture: DriverFixture = {
  name: "pty",
  driver: pty,
  scenes: { hello: "hello", hang: "hang", orphan: "orphan", flood: "flood" },
  context: (place) => ({ config: { ...targeted(place, smallProgram), prompt_pattern: "^\\[ready\\]$", idle: "100ms" } }),
  observed: given,
  // Whatever a program shows is a screen.
  garbage: [],
  harmless: [""],
}
