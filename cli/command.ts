/** What a command is: data that help is printed from, and a function. */
import type { ExitCode } from "./exit.ts"

export interface Option {
  readonly type: "string" | "boolean"
  readonly short?: string
  readonly multiple?: boolean
  /** what help shows for the value: `PATH` */
  readonly value?: string
  readonly choices?: ReadonlyArray<string>
  readonly about: string
}

export interface Given {
  readonly positionals: ReadonlyArray<string>
  /** the last value given */
  readonly text: (option: string) => string | undefined
  readonly texts: (option: string) => ReadonlyArray<string>
  readonly flag: (option: string) => boolean
}

export interface Command {
  /** such as `check [FILES…]` */
  readonly usage: string
  readonly about: string
  readonly options: { readonly [name: string]: Option }
  readonly positionals: { readonly least: number; readonly most: number }
  readonly run: (given: Given) => Promise<ExitCode>
}
