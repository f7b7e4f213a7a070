/**
 * What a benchmark is made of. A scenario compares subjects; every measurement happens in a child process of its own
 * (`child.ts`), which imports one scenario and one subject by file name, so that no row pays for another's code.
 */

/** One system that can run a fleet-shaped graph. Prompts are numbers, so that each run proves that it did the work. */
export interface Engine {
  /** n sessions in a row, each answering its prompt + 1. The run started with 0 gives n. */
  readonly pipeline: (n: number) => Run | Promise<Run>
  /** One session hands 0 … n-1 to n sessions, each answers its prompt, one session adds the n answers. */
  readonly fanOut: (n: number) => Run | Promise<Run>
  /** Brings n sessions to where they wait for their next prompt and keeps them there. Gives what keeps them alive. */
  readonly idle?: (n: number) => Promise<unknown>
}

/** One execution, from the first prompt to the last answer. The definition it runs is already built. */
export type Run = () => Promise<number>

/** Something that reads a fleet file; gives how many errors it found. */
export interface Reader {
  readonly read: (text: string) => number
}

/** A command whose whole life is measured: what to run on a fleet file. */
export interface Command {
  readonly argv: (fleetFile: string) => ReadonlyArray<string>
}

/** Something that is made ready in a folder of its own, which is removed afterwards, and then timed. */
export interface Task {
  readonly prepare: (size: number, folder: string) => Promise<Prepared>
}

export interface Prepared {
  /** What is timed; gives how much was done. */
  readonly run: Run
  /** Stops what still runs then. */
  readonly stop?: () => Promise<void>
}

export interface Row {
  readonly label: string
  /** File name in `subjects/`, without the extension. */
  readonly subject: string
  /** Package of `bench/package.json` that the subject needs. */
  readonly needs?: string
  /** File or folder of the repository, relative to its root, that must be there, and how to get it. */
  readonly wants?: { readonly path: string; readonly hint: string }
}

export interface Scenario {
  readonly name: string
  /** What the numbers are; smaller is better for all of them. */
  readonly unit: "ms" | "kB"
  /** File name in `scenarios/`, without the extension. */
  readonly file: string
  readonly size: number
  /** What `size` counts, when the time is for so many of them: the table then says how many there are in a second. */
  readonly counts?: string
  /** The value is what one of so many costs, not all of them together. */
  readonly each?: true
  /** The first row is the baseline of the ratios. */
  readonly rows: readonly [Row, ...ReadonlyArray<Row>]
}

/** What a file in `scenarios/` exports: its cases, and how one of them is measured inside the child process. */
export interface ScenarioFile<Subject> {
  readonly scenarios: ReadonlyArray<Scenario>
  readonly measure: (subject: Subject, size: number) => Promise<number>
}
