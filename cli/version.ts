import manifest from "../package.json" with { type: "json" }

/** The version in package.json: part of the program, so that Deno need not grant reading it. */
export const version = (): string => manifest.version
