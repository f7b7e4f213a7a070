import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { openDatabase } from "../../../runtime/journal/sqlite-database.ts"

it.skipIf(process.platform === "win32")("nobody but its owner reads or writes the file by which agents are spoken to", () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-access-"))
  const database = openDatabase(join(folder, "state.db"))
  try {
    const files = readdirSync(folder).filter((name) => name.startsWith("state.db"))
    expect(files).toContain("state.db")
    expect(files.map((name) => statSync(join(folder, name)).mode & 0o077)).toEqual(files.map(() => 0))
  } finally {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
