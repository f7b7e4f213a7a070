import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { afterAll, expect, it } from "vitest"
import { findFleets } from "../../cli/fleet-files.ts"

const directory = mkdtempSync(join(tmpdir(), "fleetwright-files-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

it("a directory is searched for every YAML file that is a fleet", async () => {
  const files = {
    "fleet.yaml": "flet:\n",
    "review.fleet.yml": "",
    "release.yml": "# a fleet\nfleet:\n  start: a\n",
    "flow.yaml": '{ "fleet": {} }\n',
    "marked.yaml": "\ufefffleet: {}\n",
    "deep/er/one.yaml": "x-note: 1\nfleet:\n  start: a\n",
    "script.yaml": "sessions:\n  a: []\n",
    "ci.yml": "jobs:\n  fleet:\n    runs-on: x\n",
    "prose.yaml": "text: |\n  fleet: no\n",
    "picture.yaml": "\0\0",
    "notes.txt": "fleet:\n",
    "node_modules/x/fleet.yaml": "fleet:\n",
    ".git/fleet.yaml": "fleet:\n",
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const found = await findFleets([directory])
  expect(found.map((path) => relative(directory, path).replaceAll("\\", "/"))).toEqual([
    "deep/er/one.yaml",
    "fleet.yaml",
    "flow.yaml",
    "marked.yaml",
    "release.yml",
    "review.fleet.yml",
  ])
})
