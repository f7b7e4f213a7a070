import { readdirSync, readFileSync } from "node:fs"

const root = new URL("../../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** Texts that once were trouble; kept for good. */
export const corpus = (): ReadonlyArray<readonly [name: string, text: string]> =>
  readdirSync(new URL("test/fuzz/corpus/", root))
    .sort()
    .map((name) => [name, read(`test/fuzz/corpus/${name}`)])

/** What is mutated: the corpus, the examples, and every fleet of the pages of codes. */
export const seeds = (): ReadonlyArray<string> => [
  ...corpus().map(([, text]) => text),
  read("examples/hello/fleet.yaml"),
  ...readdirSync(new URL("docs/codes/", root)).flatMap((page) =>
    [...read(`docs/codes/${page}`).matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => found[1] ?? ""),
  ),
]
