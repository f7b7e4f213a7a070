import { existsSync } from "node:fs"
import { mkdir, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import manifest from "../package.json" with { type: "json" }
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { out } from "./terminal.ts"
import { unwritable, writeText } from "./write-text.ts"

/** A new plugin begins as a copy of an example under another name, and as a package: then it does not depend on what the folders above it say. */
const examples: { readonly [kind: string]: string } = {
  routing: "ticket-router",
  policy: "no-push",
  driver: "echo-agent",
  workspace: "scratch-place",
  sink: "event-log",
}

export const plugin: Command = {
  usage: "plugin new KIND NAME",
  about: `Writes the folder NAME with a plugin, a fleet that uses it, a test that passes, a page, and what npm and tsc want to know. KIND is one of ${Object.keys(examples).join(", ")}.`,
  options: {},
  positionals: { least: 3, most: 3 },
  run: async (given) => {
    const [what, kind = "", name = ""] = given.positionals
    const example = Object.hasOwn(examples, kind) ? examples[kind] : undefined
    if (what !== "new") throw new NotStarted(`plugin ${JSON.stringify(what)} is unknown; fleetwright plugin new KIND NAME`)
    if (example === undefined) throw new NotStarted(`there is no kind ${JSON.stringify(kind)}; it is one of ${Object.keys(examples).join(", ")}`)
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw new NotStarted(`${JSON.stringify(name)} is no name: it is made of letters, digits, - and _`)
    if (existsSync(name)) throw new NotStarted(`${name}: is there already`)
    const from = folderOf(example)
    await mkdir(name).catch(unwritable(name))
    for (const file of (await readdir(from)).sort()) {
      const path = join(name, renamed(file, example, name))
      await writeText(path, renamed(await readFile(join(from, file), "utf8"), example, name), true)
      out(`${path}\n`)
    }
    for (const [file, value] of Object.entries(settingsOf(name))) {
      const path = join(name, file)
      await writeText(path, `${JSON.stringify(value, null, 2)}\n`, true)
      out(`${path}\n`)
    }
    out(
      `\ncd ${name} && npm install    once, unless a folder above has fleetwright and effect\nnode --test    shows that it works\nnpx tsc    checks its types\nnpx fleetwright check    checks the fleet that uses it\n`,
    )
    return exit.fine
  },
}

/** Beside this file in the source, beside dist/ once it is built. */
const folderOf = (example: string): string => fileURLToPath(new URL(`../examples/plugins/${example}/`, import.meta.url))

const settingsOf = (name: string): { readonly [file: string]: unknown } => ({
  "package.json": {
    name: name.toLowerCase(),
    version: "1.0.0",
    private: true,
    type: "module",
    scripts: { test: "node --test", types: "tsc" },
    devDependencies: {
      "@types/node": manifest.devDependencies["@types/node"],
      effect: manifest.peerDependencies.effect,
      fleetwright: `^${manifest.version}`,
      typescript: `^${manifest.devDependencies.typescript}`,
    },
  },
  "tsconfig.json": {
    compilerOptions: {
      target: "esnext",
      module: "nodenext",
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
    },
  },
})

const renamed = (text: string, example: string, name: string): string => text.replaceAll(example, name)
