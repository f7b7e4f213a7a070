/** The journal of the directory a command runs in: `.fleetwright/state.db`. */
import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { bestEffort, makeMemoryJournal, makeSqliteJournal, type JournalShape } from "#runtime"
import { NotStarted } from "./exit.ts"
import { err } from "./terminal.ts"
import { makeFolder } from "./write-text.ts"

export interface OpenJournal {
  readonly journal: JournalShape
  readonly close: () => Promise<void>
}

const file = (): string => resolve(".fleetwright", "state.db")

const open = async (): Promise<OpenJournal> => {
  const scope = await Effect.runPromise(Scope.make())
  const journal = await Effect.runPromise(Scope.provide(makeSqliteJournal(file()), scope)).catch((error: Error) => {
    throw new NotStarted(`${file()}: ${error.message}`)
  })
  return { journal, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** To write a run into. `ephemeral` keeps it in memory; with `bestEffort` a journal that cannot be written is told and not missed. */
export const journalToWrite = async ({
  ephemeral,
  bestEffort: optional,
}: {
  readonly ephemeral: boolean
  readonly bestEffort: boolean
}): Promise<OpenJournal> => {
  if (ephemeral) return inMemory()
  const lost = (error: Error): void => err(`the run goes on without a journal, and cannot be resumed: ${error.message}\n`)
  try {
    await makeFolder(dirname(file()))
    const { journal, close } = await open()
    return { journal: optional ? bestEffort(journal, lost) : journal, close }
  } catch (error) {
    if (!optional || !(error instanceof NotStarted)) throw error
    lost(error)
    return inMemory()
  }
}

const inMemory = (): OpenJournal => ({ journal: makeMemoryJournal(), close: async () => {} })

/** To read runs from; undefined when nothing ever ran here. */
export const journalToRead = async (): Promise<OpenJournal | undefined> => (existsSync(file()) ? open() : undefined)
