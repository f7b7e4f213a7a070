import { readFileSync } from "node:fs"

/** The version in package.json, which stands one directory above the source and above the build alike. */
export const version = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown"
}
