/** What a driver's author tells the suite: the driver, where its agent runs, and prompts that make the agent do certain things. */
import type { Json } from "#ir"
import type { Driver } from "../driver.ts"

/** Where one case runs. Everything in it is new, and gone after the case. */
export interface Place {
  /** The workspace. */
  readonly directory: string
  /** Outside of the workspace, for the agent's own files; kept for all conversations of the case. */
  readonly home: string
  readonly run: string
  /** Named after the scene. */
  readonly session: string
  /** `PATH`, `HOME` and the marks: what the agent's environment must contain. */
  readonly env: { readonly [name: string]: string }
  /** Give the command line of the agent and start what comes back: the suite may put faults between driver and agent. */
  readonly command: (argv: ReadonlyArray<string>) => ReadonlyArray<string>
}

/** What the agent does when it is given the scene's prompt. */
export interface Scenes {
  /** Says `hello from the agent` and ends. */
  readonly hello: string
  /** Calls a tool, then says something. Permissions that it asks for are granted. */
  readonly tool?: string
  /** Calls a tool that asks for permission and, when granted, makes the file `permitted.txt` in the workspace. Ends in any case. */
  readonly permission?: string
  /** As `permission`, but takes the request back before anybody answers, calls nothing, and ends. */
  readonly withdrawn?: string
  /** Makes the very same call twice, one after the other; each makes `permitted.txt`. */
  readonly twice?: string
  /** Asks its user something, and says what was answered. */
  readonly question?: string
  /** Works until the user's `message` comes, and then says something with `heard`. */
  readonly queued?: { readonly prompt: string; readonly message: string }
  /** Says something and then works for ever. */
  readonly hang?: string
  /** Starts a process in a session of its own that writes its id to `orphan.pid` in the workspace, and works for ever. */
  readonly orphan?: string
  /** Gives the typed output `{"answer":"42"}` when asked for `answerSchema`. */
  readonly output?: string
  /** Calls tools for ever, or at least five times. */
  readonly loop?: string
  /** Holds a word, `kiwi`, that the agent says when it is given `recall` in a later turn. */
  readonly remember?: string
  readonly recall?: string
  /** Says the numbers from 0 to 999 with a space after each, in at least 100 parts. */
  readonly flood?: string
}

/** What the suite asks for in the scene `output`. */
export const answerSchema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"], additionalProperties: false } as const

/** What the agent, or the model behind it, was given last. */
export interface Observed {
  readonly model?: string
  readonly systemPrompt?: string
}

export interface DriverFixture {
  readonly name: string
  readonly driver: Driver
  /** Configuration and, besides `place.env`, environment of a conversation. */
  readonly context: (place: Place) => { readonly config: Json; readonly env?: { readonly [name: string]: string } }
  readonly scenes: Scenes | ((place: Place) => Scenes)
  /** Needed when the driver declares `model` or `systemPrompt`. */
  readonly observed?: (place: Place) => Observed
  /** Lines that no agent may write. By default those that are no JSON object; empty for an agent that is no process. */
  readonly garbage?: ReadonlyArray<string | Uint8Array>
  /** Lines that mean nothing and harm nothing. By default a blank one, and an unknown JSON object of 5 MB. */
  readonly harmless?: ReadonlyArray<string>
  /** false: the agent only says that it calls tools, so nobody can look at what they did. */
  readonly tools?: boolean
  /** false: the agent is no process that `place.command` reaches, so no faults can be put in. */
  readonly process?: boolean
  /** How long any one step may take; 30 s unless said. */
  readonly timeoutMs?: number
}

export const defaultGarbage: ReadonlyArray<string | Uint8Array> = [
  "}{ this is no JSON",
  '{"type":"assistant","message":',
  "[1, 2, 3]",
  "null",
  Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28),
  "x".repeat(2_000_000),
]

export const defaultHarmless = (): ReadonlyArray<string> => ["   ", JSON.stringify({ type: "of_a_later_version", padding: "x".repeat(5_000_000) })]

/** The scenes without a place, to see which there are: their prompts may depend on it, whether they exist does not. */
export const scenesOf = ({ scenes }: DriverFixture): Scenes =>
  typeof scenes === "function" ? scenes({ directory: "", home: "", run: "", session: "", env: {}, command: (argv) => argv }) : scenes
