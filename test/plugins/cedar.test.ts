import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { compile, type Compilation } from "#compiler"
import type { Json } from "#ir"
import { simulate } from "../../library/simulate.ts"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import type { Boundary, PolicyDecision, PolicyPayload } from "#sdk"
import { builtinPolicies } from "../../plugins/index.ts"
import { defaultSchema } from "../../plugins/policies/cedar/schema.ts"

const folder = mkdtempSync(join(tmpdir(), "cedar-"))
mkdirSync(join(folder, "src"))
symlinkSync("/etc", join(folder, "src/way-out"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const decide = (config: Json, boundary: Boundary, payload: PolicyPayload, session: string | undefined = "worker"): PolicyDecision | undefined => {
  const decided = builtinPolicies["cedar"]?.decide(boundary, payload, {
    run: "r",
    ...(session === undefined ? {} : { session }),
    permissions: "ask",
    workspace: folder,
    config,
  })
  if (decided !== undefined && !("effect" in decided)) throw new Error("the pack answers at once")
  return decided
}

const problems = (config: Json): ReadonlyArray<string> => {
  const result = builtinPolicies["cedar"]?.config?.decode(config)
  if (result === undefined || result.ok) return []
  return result.issues.map(({ path, message }) => [...path.map(String), message].join(": "))
}

const policies = `
@id("reading")
permit(principal, action == Action::"tool", resource in Group::"readers") when { context.inside };

@reason("npm is how this project is built")
permit(principal, action == Action::"tool", resource == Tool::"Bash")
  when { context has command && context.command like "npm *" };

@effect("ask")
@reason("a push is seen by others")
permit(principal in Session::"lead", action == Action::"tool", resource == Tool::"Bash")
  when { context has command && context.command like "git push*" };

permit(principal, action == Action::"tool", resource) when { context.risk == "low" };

@reason("workflows decide what is published")
forbid(principal, action == Action::"tool", resource)
  when { context has path && context.path like ".github/*" };
`
const entities = [{ uid: { type: "Tool", id: "Read" }, parents: [{ type: "Group", id: "readers" }] }]
const config = { policies, entities }

const bash = (command: string): PolicyPayload => ({ tool: "Bash", input: { command }, risk_level: "high" })
const read = (path: string): PolicyPayload => ({ tool: "Read", input: { file_path: path } })

describe("cedar", () => {
  it.each<[string, PolicyPayload, string, string, string | undefined]>([
    ["a permit that names the tool", bash("npm test"), "worker", "allow", "npm is how this project is built"],
    ["each part of a line is permitted", bash("npm ci && npm test"), "worker", "allow", undefined],
    ["a part that nobody permits", bash("npm ci && curl x"), "worker", "deny", "no policy permits it"],
    ["a line of which nobody knows what it runs is not waved through", bash("npm run $(cat x)"), "worker", "nothing", undefined],
    ["a group of tools, from entities", read("src/a.ts"), "worker", "allow", "reading permits it"],
    ["outside of the workspace", read("../a.ts"), "worker", "deny", "no policy permits it"],
    ["outside by a link", read("src/way-out/passwd"), "worker", "deny", "no policy permits it"],
    ["a forbid goes before every permit", read(".github/x.yml"), "worker", "deny", "workflows decide what is published"],
    ["a permit that asks", bash("git push origin"), "lead", "ask", "a push is seen by others"],
    ["an instance is in the session it is one of", bash("git push origin"), "lead[2]", "ask", "a push is seen by others"],
    ["not for others", bash("git push origin"), "worker", "deny", "no policy permits it"],
    ["a permit about just anything leaves it to the mode", { tool: "Other", input: {}, risk_level: "low" }, "worker", "nothing", undefined],
    ["more than can be judged", bash(Array.from({ length: 300 }, (_, at) => `npm ${at}`).join(";")), "worker", "deny", "it has too many parts to be judged"],
  ])("%s", (_, payload, session, effect, reason) => {
    const decision = decide(config, "tool", payload, session)
    expect(decision?.effect ?? "nothing").toBe(effect)
    if (reason !== undefined) expect(decision?.reasons).toContain(reason)
  })

  it("says nothing at boundaries that it was not given, and denies by default at those that it was", () => {
    expect(decide(config, "spawn", { session: "worker", driver: "claude", permissions: "ask", workspace: "none", effect: "pure", asks: true })).toBeUndefined()
    expect(decide({ ...config, boundaries: ["prompt"] }, "tool", bash("rm -r /"))).toBeUndefined()
    expect(decide({ ...config, boundaries: ["prompt"] }, "prompt", { text: "hello" })).toEqual({ effect: "deny", reasons: ["no policy permits it"] })
  })

  it.each<[string, Boundary, PolicyPayload, string | undefined, string]>([
    ["a prompt", "prompt", { text: "write a poem" }, undefined, "nothing"],
    ["a prompt that is forbidden", "prompt", { text: "show the password" }, "worker", "deny"],
    ["a delivery", "route", { rule: "r1", from: ["a"], to: ["b"], action: "send" }, undefined, "nothing"],
    ["one of several deliveries", "route", { rule: "r1", from: ["a"], to: ["b", "prod"], action: "send" }, undefined, "deny"],
    ["a start", "spawn", { session: "worker", driver: "claude", permissions: "ask", workspace: "none", effect: "pure", asks: true }, "worker", "nothing"],
    [
      "a start without asking",
      "spawn",
      { session: "worker", driver: "shell", permissions: "ask", workspace: "none", effect: "pure", asks: false },
      "worker",
      "deny",
    ],
    ["an artifact", "artifact", { name: "plan", mime: "text/markdown" }, "worker", "nothing"],
    ["an artifact of another kind", "artifact", { name: "plan", mime: "text/html" }, "worker", "deny"],
  ])("%s", (_, boundary, payload, session, effect) => {
    const all = {
      boundaries: ["prompt", "route", "spawn", "artifact"],
      policies: `
        permit(principal, action == Action::"prompt", resource) unless { context.text like "*password*" };
        permit(principal is Session, action == Action::"route", resource) unless { resource == Session::"prod" };
        permit(principal, action == Action::"spawn", resource) when { context.asks };
        permit(principal, action == Action::"artifact", resource) when { context has mime && context.mime == "text/markdown" };`,
    }
    expect(decide(all, boundary, payload, session)?.effect ?? "nothing").toBe(effect)
  })

  it("denies when a policy fails, for it might have been a forbid", () => {
    const schema = defaultSchema.replace('"inside": Bool', '"inside": Bool, "cost"?: Long')
    const broken = {
      schema,
      policies: `permit(principal, action, resource); forbid(principal, action == Action::"tool", resource) when { 9223372036854775807 + 1 == 2 };`,
    }
    expect(decide(broken, "tool", bash("ls"))).toEqual({ effect: "deny", reasons: ["policy 2 could not be evaluated"] })
  })

  it("denies what the fleet's own schema has no place for", () => {
    const schema = "entity Session; entity Tool; action tool appliesTo { principal: [Session], resource: [Tool], context: {} };"
    expect(decide({ schema, policies: "permit(principal, action, resource);" }, "tool", bash("ls"))).toEqual({
      effect: "deny",
      reasons: ["the schema has no such request"],
    })
  })

  it("gives instances what is said of their session", () => {
    const schema = defaultSchema.replace("entity Session in [Session, Group];", "entity Session in [Session, Group] { trusted: Bool };")
    const trusting = {
      schema,
      policies: 'permit(principal, action == Action::"tool", resource) when { principal.trusted };',
      entities: [
        { uid: { type: "Session", id: "a" }, attrs: { trusted: true } },
        { uid: { type: "Session", id: "b" }, attrs: { trusted: false } },
      ],
    }
    expect(["a", "a[1]", "b", "b[1]"].map((session) => decide(trusting, "tool", bash("ls"), session)?.effect)).toEqual([undefined, undefined, "deny", "deny"])
  })
})

describe("what is wrong with the configuration of cedar", () => {
  const permit = "permit(principal, action, resource);"
  const many = Array.from({ length: 12 }, (_, at) => `@id("p${at}") permit(principal, action == Action::"tool", resource == Tool::"T${at}");`).join("\n")

  it.each<[string, Json, ReadonlyArray<string>]>([
    ["nothing", config, []],
    ["no policies", {}, ["policies: expected Cedar policies, or the path of a file with them that begins with ./"]],
    ["comments only", { policies: "// none" }, ["policies: there is no policy in it, so nothing would be permitted"]],
    ["syntax", { policies: `${permit}\npermit(princ` }, [expect.stringMatching(/^policies: line 2: /)]],
    [
      "a word that the schema does not know",
      { policies: `${permit}\n\n// ü\npermit(principal, action == Action::"tool", resource) when { context.comand == "x" };` },
      ['policies: line 4: attribute `comand` in context for Action::"tool" not found (did you mean `command`?)'],
    ],
    [
      "an optional attribute nobody asked for",
      { policies: 'permit(principal, action == Action::"tool", resource) when { context.command == "x" };' },
      [expect.stringContaining("unable to guarantee safety of access to optional attribute `command`")],
    ],
    [
      "a policy that can never apply",
      { policies: `${permit} forbid(principal is Group, action == Action::"tool", resource);` },
      [expect.stringMatching(/^policies: line 1: /)],
    ],
    [
      "a template",
      { policies: "permit(principal == ?principal, action, resource);" },
      ["policies: a template has nobody to link it here; write policies without slots"],
    ],
    [
      "an effect on a forbid",
      { policies: `${permit} @effect("ask") @id("no") forbid(principal, action, resource);` },
      ['policies: no: the only @effect is "ask", on a permit'],
    ],
    ["an unknown effect", { policies: `${many}\n@id("last") @effect("allow") ${permit}` }, ['policies: last: the only @effect is "ask", on a permit']],
    ["entities that the schema does not know", { policies: permit, entities: [{ uid: { type: "Tol", id: "x" } }] }, [expect.stringContaining("Tol")]],
    ["entities that are none", { policies: permit, entities: [{ id: "x" }] }, [expect.stringMatching(/^entities: expected a list of/)]],
    ["entities in JSON", { policies: permit, entities: JSON.stringify(entities) }, []],
    ["entities in no JSON", { policies: permit, entities: "[" }, ["entities: this is not JSON"]],
    ["a schema", { policies: permit, schema: "entity X {" }, [expect.stringMatching(/^schema: line 1: /)]],
    ["output", { policies: permit, boundaries: ["tool", "output"] }, ["boundaries: expected a list of prompt, tool, route, spawn, artifact"]],
    ["an unknown key", { policy: permit }, ["policy: unknown key; expected one of policies, entities, schema, boundaries"]],
  ])("%s", (_, given, expected) => {
    expect(problems(given)).toEqual(expected)
  })

  it("is told of, with the schema, on its page", () => {
    expect(readFileSync(new URL("../../docs/cedar.md", import.meta.url), "utf8")).toContain(`\n${defaultSchema}`)
  })

  it("keeps the names of many policies apart", () => {
    const names = [1, 2, 10, 11].map((at) => decide({ policies: many }, "tool", { tool: `T${at}`, input: {} })?.reasons)
    expect(names).toEqual([["p1 permits it"], ["p2 permits it"], ["p10 permits it"], ["p11 permits it"]])
  })
})

const compiled = (files: { readonly [path: string]: string }, text: string): Compilation =>
  compile({ file: "fleet.yaml", text, files: (path) => files[path], plugins: builtinManifests })

const fleet = `fleet:
  name: f
  workspace: none
  budget: { usd: 1 }
  policies: [{ use: cedar, with: { policies: ./rules.cedar } }]
  sessions: { a: { driver: scripted, permissions: allow } }
  start: a
`

describe("policies in a file beside the fleet", () => {
  const text = 'permit(principal, action == Action::"tool", resource == Tool::"Bash") when { context has command && context.command like "ls*" };'

  it("stand in the IR, which names the file and its hash", () => {
    const { ir, diagnostics } = compiled({ "./rules.cedar": text }, fleet)
    expect(diagnostics).toEqual([])
    expect(ir?.policies).toEqual([{ use: "cedar", with: { policies: text } }])
    expect(ir?.sources.map(({ path }) => path)).toContain("./rules.cedar")
  })

  it.each([
    ["are missed", {}, "the file ./rules.cedar cannot be read"],
    ["are checked", { "./rules.cedar": "permit(" }, "line 1: "],
  ])("%s", (_, files, problem) => {
    const { ir, diagnostics } = compiled(files, fleet)
    expect(ir).toBeUndefined()
    expect(diagnostics).toHaveLength(1)
    const [{ code, message, span } = { code: "", message: "", span: { start: 0, end: 0 } }] = diagnostics
    expect(code).toBe("plugin-config-invalid")
    expect(message).toContain(problem)
    expect(fleet.slice(span.start, span.end)).toBe("./rules.cedar")
  })

  it("decide what agents of a run may do", async () => {
    const { ir } = compiled({ "./rules.cedar": text }, fleet)
    if (ir === undefined) throw new Error("no IR")
    const script = {
      sessions: {
        a: [
          {
            events: [
              { kind: "cap.permission.request", req_id: "1", tool: "Bash", intent: { command: "ls -l" }, risk_level: "high" },
              { kind: "cap.permission.request", req_id: "2", tool: "Bash", intent: { command: "rm x" }, risk_level: "low" },
            ],
          },
        ],
      },
    }
    const { events } = await simulate(ir, { script })
    const decided = events.flatMap((event) => (event.type === "policy.decided" && event.pack === "cedar" ? [[event.pack, event.effect, event.reasons]] : []))
    expect(decided).toEqual([
      ["cedar", "allow", ["policy 1 permits it"]],
      ["cedar", "deny", ["no policy permits it"]],
    ])
  })
})
