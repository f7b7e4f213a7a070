/** The agents of a fleet that name a manifest, as the compiler knows plugins. No program is started to ask it for its own. */
import type { FoundPlugin } from "#ir"
import { manifestOf as describe } from "../loader/manifest.ts"
import { manifestAt, manifestOf } from "./find-manifest.ts"
import { manifestDriver } from "./manifest-driver.ts"

/** `use`: `agent:<name>` or `manifest:<path>`, relative to `directory`. Undefined when an agent of that name has no manifest here. */
export const foundAgent = async (use: string, directory: string): Promise<FoundPlugin | undefined> => {
  const [, kind, name = ""] = /^(agent|manifest):(.*)$/su.exec(use) ?? []
  const read = kind === "manifest" ? await manifestAt(name, directory) : await manifestOf(name)
  if (read === undefined) return undefined
  if (!read.ok) return { ok: false, code: "plugin-load-failed", reason: read.problems.join("; ") }
  return { ok: true, manifest: describe({ name: use, version: "1.0.0", api: 1, driver: manifestDriver(read.manifest) }) }
}
