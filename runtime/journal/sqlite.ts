/** The default journal: `.fleetwright/state.db`, SQLite over `node:sqlite` in WAL mode; one process writes a run, many read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Json } from "#ir"
import type { Fact, FleetEvent } from "../machine/protocol.ts"
import { isAlive, thisProcess, type ProcessMark } from "../platform/process-life.ts"
import { chainNext, chainStart, textHash } from "./chain.ts"
import {
  Journal,
  type CommandAnswer,
  type ForkPoint,
  type JournalError,
  type JournalRecord,
  type JournalShape,
  type Lease,
  type NewRun,
  type RunEntry,
  type RunOutcome,
} from "./journal.ts"
import { attempt, fail, held, openDatabase, runRow, type Database, type Row } from "./sqlite-database.ts"
import { giveAnswers, makeControl } from "./sqlite-control.ts"
import { parseJson, readJson, writeJson } from "./texts.ts"

export interface SqliteOptions {
  /** Who writes; by default this process. */
  readonly self?: ProcessMark
  readonly isAlive?: (mark: ProcessMark) => boolean | undefined
}

/** An owner that cannot be looked at counts as alive as long as it says so. */
const beatLimitMs = 15_000

const textOf = (db: Database, hash: string): string => {
  const text = db.row("SELECT text FROM texts WHERE hash = ?", hash)?.["text"]
  if (typeof text !== "string") return fail("damaged", `the journal has lost a text (${hash})`)
  return textHash(text) === hash ? text : fail("damaged", `a text of the journal was changed (${hash})`)
}

const keepText =
  (db: Database) =>
  (hash: string, text: string): void =>
    void db.write("INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", hash, text)

const isForkPoint = (value: unknown): value is ForkPoint =>
  typeof value === "object" && value !== null && "run" in value && typeof value.run === "string" && "seq" in value && typeof value.seq === "number"

const forkPoint = (row: Row): { readonly forkedFrom?: ForkPoint } => {
  const text = row["forked_from"]
  const value = typeof text === "string" ? parseJson(text) : undefined
  return isForkPoint(value) ? { forkedFrom: value } : {}
}

const isMark = (value: unknown): value is ProcessMark =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  typeof value.pid === "number" &&
  "born" in value &&
  typeof value.born === "string" &&
  "realm" in value &&
  typeof value.realm === "string"

/** The living process that holds the run. */
const living = (row: Row, look: (mark: ProcessMark) => boolean | undefined): number | undefined => {
  const owner = row["owner"]
  const mark = typeof owner === "string" ? parseJson(owner) : undefined
  if (!isMark(mark)) return undefined
  return (look(mark) ?? Date.now() - Number(row["beat_at"]) < beatLimitMs) ? mark.pid : undefined
}

const entryOf = (row: Row, look: (mark: ProcessMark) => boolean | undefined): RunEntry => {
  const ended = Number(row["ended"]) === 1
  const alive = living(row, look)
  const status = row["status"]
  return {
    run: String(row["run"]),
    fleet: String(row["fleet"]),
    ir: String(row["ir"]),
    root: String(row["root"]),
    startedAt: Number(row["started_at"]),
    ended,
    ...(typeof status === "string" ? { status: status as RunOutcome } : {}),
    ...(alive === undefined ? {} : { alive }),
    abandoned: alive === undefined && row["owner"] !== null,
    ...forkPoint(row),
    epoch: Number(row["epoch"]),
    records: Number(row["records"]),
    head: String(row["head"]),
  }
}

const create = (db: Database, self: ProcessMark, about: NewRun): Lease => {
  const { run, ir, root, startedAt, inputs, task, forkedFrom } = about
  if (db.row("SELECT 1 FROM runs WHERE run = ?", run) !== undefined) fail("run_exists", `run ${run} exists`)
  const irText = JSON.stringify(ir)
  const irHash = textHash(irText)
  keepText(db)(irHash, irText)
  db.write(
    "INSERT INTO runs (run, fleet, ir, started_at, ir_text, root, beginning, forked_from, head, owner, beat_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    run,
    ir.fleet.name,
    ir.hash,
    startedAt,
    irHash,
    root,
    writeJson({ inputs, ...(task === undefined ? {} : { task }) }, keepText(db)),
    forkedFrom === undefined ? null : JSON.stringify(forkedFrom),
    chainStart(run, ir.hash),
    JSON.stringify(self),
    Date.now(),
  )
  return { run, epoch: 1 }
}

const claim = (db: Database, self: ProcessMark, look: (mark: ProcessMark) => boolean | undefined, run: string): Lease => {
  const row = runRow(db, run)
  const alive = living(row, look)
  if (alive !== undefined) fail("run_alive", `run ${run} is alive in process ${alive}`)
  const epoch = Number(row["epoch"]) + 1
  db.write("UPDATE runs SET epoch = ?, owner = ?, beat_at = ? WHERE run = ?", epoch, JSON.stringify(self), Date.now(), run)
  return { run, epoch }
}

const append = (db: Database, lease: Lease, records: ReadonlyArray<JournalRecord>, answers: ReadonlyArray<CommandAnswer>): void => {
  const row = held(db, lease)
  const keep = keepText(db)
  let position = Number(row["records"])
  let head = String(row["head"])
  let status: RunOutcome | undefined
  for (const record of records) {
    const fact = writeJson(record.fact, keep)
    const events = writeJson(record.events, keep)
    head = chainNext(head, fact, events)
    db.write("INSERT INTO records (run, position, fact, events, hash) VALUES (?, ?, ?, ?, ?)", lease.run, position, fact, events, head)
    position += 1
    const last = record.events.at(-1)
    if (last?.type === "run.ended") status = last.status
  }
  db.write("UPDATE runs SET records = ?, head = ? WHERE run = ?", position, head, lease.run)
  if (status !== undefined) db.write("UPDATE runs SET ended = 1, status = ? WHERE run = ?", status, lease.run)
  giveAnswers(db, answers)
}

const read = (db: Database, run: string, from: number): ReadonlyArray<JournalRecord> => {
  runRow(db, run)
  const find = (hash: string): string => textOf(db, hash)
  return db.rows("SELECT fact, events FROM records WHERE run = ? AND position >= ? ORDER BY position", run, from).map(({ fact, events }) => ({
    fact: readJson(String(fact), find) as Fact,
    events: readJson(String(events), find) as ReadonlyArray<FleetEvent>,
  }))
}

const origin = (db: Database, run: string): Omit<NewRun, "ir"> & { readonly ir: unknown } => {
  const row = runRow(db, run)
  const hash = row["ir_text"]
  if (typeof hash !== "string") return fail("older_run", `run ${run} was written by an earlier version, which did not keep the fleet with it`)
  const text = textOf(db, hash)
  const beginning = readJson(String(row["beginning"]), (of) => textOf(db, of)) as Pick<NewRun, "inputs" | "task">
  return { run, ir: parseJson(text), root: String(row["root"]), startedAt: Number(row["started_at"]), ...beginning, ...forkPoint(row) }
}

/** Opens (and creates or migrates) the database; it is closed with the scope. */
export const makeSqliteJournal = (file: string, options: SqliteOptions = {}): Effect.Effect<JournalShape, JournalError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      attempt(() => openDatabase(file)),
      (db) => Effect.sync(() => db.close()),
    ),
    (db): JournalShape => {
      const self = options.self ?? thisProcess()
      const look = options.isAlive ?? isAlive
      const inOne = <A>(f: () => A): Effect.Effect<A, JournalError> => attempt(() => db.transaction(f))
      return {
        create: (about) => inOne(() => create(db, self, about)),
        claim: (run) => inOne(() => claim(db, self, look, run)),
        release: (lease) => attempt(() => void db.write("UPDATE runs SET owner = NULL WHERE run = ? AND epoch = ?", lease.run, lease.epoch)),
        append: (lease, records, answers = []) =>
          attempt(() => {
            db.transaction(() => append(db, lease, records, answers))
            if (answers.length > 0) db.forget()
          }),
        read: (run, from = 0) => attempt(() => read(db, run, from)),
        stored: (run) =>
          attempt(() => {
            runRow(db, run)
            return db
              .rows("SELECT fact, events, hash FROM records WHERE run = ? ORDER BY position", run)
              .map(({ fact, events, hash }) => ({ fact: String(fact), events: String(events), hash: String(hash) }))
          }),
        origin: (run) => attempt(() => origin(db, run)),
        runs: () => attempt(() => db.rows("SELECT * FROM runs ORDER BY started_at, run").map((row) => entryOf(row, look))),
        about: (run) => attempt(() => entryOf(runRow(db, run), look)),
        keepSnapshot: (lease, { records, state }) =>
          inOne(() => {
            held(db, lease)
            db.write("INSERT OR REPLACE INTO snapshots (run, records, state) VALUES (?, ?, ?)", lease.run, records, writeJson(state, keepText(db)))
          }),
        snapshot: (run) =>
          attempt(() => {
            const row = db.row("SELECT records, state FROM snapshots WHERE run = ?", run)
            return row === undefined
              ? undefined
              : { records: Number(row["records"]), state: readJson(String(row["state"]), (hash) => textOf(db, hash)) as Json }
          }),
        control: makeControl(db),
      }
    },
  )

/** `file` is usually `<root>/.fleetwright/state.db`; its folder is created and kept out of git. */
export const layerSqlite = (file: string): Layer.Layer<Journal, JournalError> => Layer.effect(Journal, makeSqliteJournal(file))
