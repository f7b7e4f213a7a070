import { compile } from "../../../compiler/index.ts"

/** A fleet of sessions `a` to `d`, worker-like outputs included, with a budget; `routes` is DSL. */
export const fleetOf = (routes: string, more = ""): string => `fleet:
  base_branch: main
${/^budget(?:_usd)?:/m.test(more) ? "" : "  budget: { usd: 9 }\n"}${more.replace(/^(?=.)/gm, "  ")}
  sessions:
    a: { driver: claude, output: { verdict: approve | changes, score: integer, note: string?, tasks: [string] } }
    b: { driver: claude, output: { ok: boolean } }
    c: { driver: claude }
    d: { driver: claude }
  start: a
  routes: |
${routes.replace(/^(?=.)/gm, "    ")}
`

/** `code text` of each problem, the text as it stands in the file. */
export const problemsOf = (text: string, files: { readonly [path: string]: string } = {}): ReadonlyArray<string> =>
  compile({ file: "fleet.yaml", text, files: (path) => files[path] }).diagnostics.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`)

/** Sessions that nobody starts are not what these tests are about. */
export const problemsOfRoutes = (routes: string, more?: string): ReadonlyArray<string> =>
  problemsOf(fleetOf(routes, more)).filter((problem) => !problem.startsWith("unreachable-session"))
