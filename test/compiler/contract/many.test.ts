/** Everything that is wrong with the YAML of a fleet is told in one run, each where it stands, an alias's mistake once. */
import { expect, it } from "vitest"
import { told } from "./told.ts"

it("values of other kinds than they should be", () => {
  const text = `fleet:
  base_branch: [main]
  nme: x
  task: 5
  inputs: [a]
  plugins: yes
  permissions: { x: 1 }
  policies: baseline
  workspace: 3
  budget: 5
  limits: 4
  defaults: [x]
  mode: 3
  sessions:
    a: claude
    b:
      driver: 5
      role: 3
      model: [x]
      max_turns: -1
      timeout: soon
      retry: 3
      budget: { usd: lots }
      slo: x
      priority: 1.5
      compensate: []
      effect: 1
      context: false
      env: x
      checkpoint: maybe
      allow_private: 1
      output: 5
  start: { a: 1 }
  outputs: [x]
`
  const lines = "[main],nme,5,[a],yes,{ x: 1 },baseline,3,5,4,[x],3,claude,5,3,[x],-1,soon,3,lots,x,1.5,[],1,false,x,maybe,1,5,{ a: 1 },[x]".split(",")
  expect(told(text).map((problem) => problem.slice(problem.indexOf(" ") + 1))).toEqual(lines)
})

it("types, inputs and outputs", () => {
  const text = `fleet:
  base_branch: main
  inputs:
    x: { type: strng, default: 3, descripton: y }
    "1y": string
    z: { a: strng, b: { c: itneger } }
    w:
  sessions:
    a: { driver: claude, output: { a: strng, b: [intger], c: { d: boolen }, e: x | x, f: string | null } }
  start: a
  task: "\${inputs.x} \${inputs.zz}"
  outputs: { "1": a.text, b: "a.output.zz", c: "1 +" }
`
  expect(told(text)).toEqual([
    "invalid-type strng",
    "unknown-key descripton",
    'invalid-value "1y"',
    "invalid-type strng",
    "invalid-type itneger",
    "wrong-type w",
    "invalid-type strng",
    "invalid-type intger",
    "invalid-type boolen",
    "invalid-type x",
    "invalid-type null",
    "unknown-field zz",
    'invalid-value "1"',
    "unknown-field zz",
    "dsl-syntax +",
  ])
})

it("what aliases and merge keys bring to many places, once", () => {
  const text = `fleet:
  base_branch: main
  defaults: &d { driver: claude, timout: 5m, retry: { attemps: 2 } }
  sessions:
    a: { <<: *d, output: &o { v: strng } }
    b: { output: *o }
    c: { <<: *d }
  start: [a, b, c]
`
  expect(told(text)).toEqual(["unknown-key timout", "unknown-key attemps", "invalid-type strng"])
})
