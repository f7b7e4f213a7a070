import { expect, it } from "vitest"
import { compile } from "#compiler"

const compiled = (session: string) =>
  compile({ file: "f.yaml", text: `fleet:\n  workspace: none\n  sessions: { a: { ${session} } }\n  start: a\n`, files: () => undefined })
const problems = (session: string): ReadonlyArray<string> =>
  compiled(session)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code}: ${message}`)

it.each([
  [
    "driver: claude, sandbox: { use: bwrap, net: [api.example.org, '*.example.org', 'example.org:8080'] }",
    { use: "bwrap", net: ["api.example.org", "*.example.org", "example.org:8080"], read: [], write: [] },
  ],
  ["driver: claude, sandbox: bwrap", { use: "bwrap", net: false, read: [], write: [] }],
  [
    "driver: 'acp:gemini', sandbox: { use: bwrap, net: true, read: [/srv/data], write: [~/.gemini] }",
    { use: "bwrap", net: true, read: ["/srv/data"], write: ["~/.gemini"] },
  ],
  ["driver: codex, sandbox: read-only", undefined],
])("%s", (session, sandbox) => {
  expect(problems(session)).toEqual([])
  expect(compiled(session).ir?.sessions[0]?.sandbox).toEqual(sandbox)
})

it.each([
  ["driver: claude, sandbox: firejail", 'invalid-value: invalid sandbox "firejail"'],
  ["driver: claude, sandbox: { use: docker }", 'invalid-value: invalid sandbox "docker"'],
  ["driver: claude, sandbox: { net: true }", "missing-key"],
  ["driver: claude, sandbox: { use: bwrap, net: example.org }", "wrong-type"],
  ["driver: claude, sandbox: { use: bwrap, net: [https://example.org] }", 'invalid-value: invalid host "https://example.org"'],
  ["driver: claude, sandbox: { use: bwrap, net: ['*'] }", 'invalid-value: invalid host "*"'],
  ["driver: claude, sandbox: { use: bwrap, write: [../elsewhere] }", 'invalid-value: invalid path "../elsewhere"'],
  ["driver: claude, sandbox: { use: bwrap, home: true }", "unknown-key"],
  ["driver: scripted, sandbox: bwrap", "unsupported-by-driver"],
  ["driver: 'a2a:https://agent.example', sandbox: bwrap", "unsupported-by-driver"],
])("%s is refused", (session, problem) => expect(problems(session)).toEqual([expect.stringContaining(problem)]))
