/**
 * What sessions would have to put out for guards to turn out as a scenario says. Values of paths are chosen as told; for conditions that
 * cannot be enumerated, outputs are tried until the conditions, evaluated as a run evaluates them, say the same.
 */
import { evaluate, type Scope } from "../../ir/evaluate.ts"
import type { Json, SessionProperty, Type } from "../../ir/model.ts"
import { other, subtasksKey, type Atom } from "./guard.ts"
import type { Net } from "./net.ts"
import type { Told } from "./play.ts"

/** By place and move (`a@3`): what that activation puts out. */
export interface Witness {
  readonly said: ReadonlyMap<string, Said>
  readonly inputs: { readonly [name: string]: Json }
  readonly selection?: Json
}
export interface Said {
  readonly output?: Json
  /** Where some condition asks about more than the output. */
  readonly text?: string
  readonly cost?: number
  readonly tokens?: number
  /** How many subtasks it gives. */
  readonly subtasks?: number
}

/** Most outputs that are tried. */
const mostTries = 3000

const asks = ({ parts = [] }: Atom, ...properties: ReadonlyArray<SessionProperty>): boolean =>
  parts.some((part) => part.op === "session" && properties.includes(part.property))
const asksRun = ({ parts = [] }: Atom): boolean => parts.some(({ op }) => op === "input" || op === "fleet")

/** What an answer is about. */
const subjectsOf = ({ atom, at }: Told): ReadonlyArray<string> => [
  ...atom.reads.map((place, index) => (atom.ofSession ? place : `${place}@${at[index] ?? 0}`)),
  ...((atom.opaque === undefined ? atom.reads.length === 0 : asksRun(atom)) ? ["run"] : []),
]

/** It asks about the run: every execution gets one answer, whatever sessions put out. */
export const isAboutRun = (told: Told): boolean => subjectsOf(told).includes("run")

const isSame = (one: Told, two: Told): boolean => one.atom.key === two.atom.key && one.value === two.value

/** Whether some outputs make guards turn out so. A condition that is the only one about something is taken to turn out either way. */
export const canBeTold = (net: Net, told: ReadonlyArray<Told>): boolean => {
  const opaque = told.filter(({ atom }) => atom.opaque !== undefined)
  if (opaque.length === 0) return true
  if (opaque.some(({ atom }) => asks(atom, "status", "turns", "attempts"))) return false
  const alone = opaque.every((one) => {
    const subjects = subjectsOf(one)
    return told.every((two) => one === two || isSame(one, two) || !subjectsOf(two).some((subject) => subjects.includes(subject)))
  })
  return alone || witnessOf(net, told) !== undefined
}

interface Candidate {
  readonly text: string
  readonly number: number
  readonly length: number
}

const literalsOf = (told: ReadonlyArray<Told>): ReadonlyArray<null | boolean | number | string> =>
  told.flatMap(({ atom }) => (atom.parts ?? []).flatMap((part) => (part.op === "literal" ? [part.value] : [])))

/** Texts that hold some of the literals and not the others, numbers about them, lists of a few items. */
const candidatesOf = (told: ReadonlyArray<Told>): ReadonlyArray<Candidate> => {
  const literals = literalsOf(told)
  const words = [...new Set(literals.filter((value) => typeof value === "string"))].slice(0, 5)
  const texts = Array.from({ length: 2 ** words.length }, (_, set) => words.filter((__, bit) => (set >> bit) % 2 === 1).join(" "))
  const figures = [...new Set(literals.filter((value) => typeof value === "number"))].slice(0, 4)
  const numbers = [...new Set([0, 1, ...figures.flatMap((value) => [value - 1, value, value + 1])])]
  const lengths = [...new Set([1, 0, 2, 3, ...figures.filter((value) => Number.isInteger(value) && value >= 0 && value < 50)])]
  const each = (text: string, number: number, length: number): Candidate => ({ text, number, length })
  return [
    ...texts.map((text) => each(text, 0, 1)),
    ...numbers.map((number) => each("", number, 1)),
    ...lengths.map((length) => each("", 0, length)),
    ...texts.flatMap((text) => numbers.flatMap((number) => lengths.map((length) => each(text, number, length)))),
  ]
}

/** A value of the type: as guards were told where they asked, as the candidate has it elsewhere. */
const fill = (type: Type | undefined, key: string, told: ReadonlyMap<string, Told["value"]>, candidate: Candidate): Json | undefined => {
  const said = told.get(key)
  if (said !== undefined) return said === null && type?.kind !== "null" ? undefined : said === other ? "something else" : said
  switch (type?.kind) {
    case undefined:
      return undefined
    case "record": {
      const fields = Object.entries(type.fields).map(([name, field]) => [name, fill(field.type, `${key}.${name}`, told, candidate)] as const)
      return Object.fromEntries(fields.filter((field): field is readonly [string, Json] => field[1] !== undefined))
    }
    case "list": {
      const length = told.get(`len:${key}`)
      return Array.from(
        { length: typeof length === "number" ? length : candidate.length },
        (_, at) => fill(type.item, `${key}[${at}]`, told, candidate) ?? null,
      )
    }
    case "maybe":
      return fill(type.type, key, told, candidate)
    case "enum":
      return type.values[0] ?? null
    case "boolean":
      return candidate.number % 2 === 1
    case "null":
      return null
    case "string":
    case "json":
      return candidate.text
    default:
      return candidate.number
  }
}

const plain: Candidate = { text: "", number: 0, length: 1 }

/** Outputs that make all of it true; undefined when none of those that were tried does. */
export const witnessOf = (net: Net, told: ReadonlyArray<Told>): Witness | undefined => {
  const types = new Map(net.ir.sessions.map(({ id, output }) => [id, output?.type]))
  const answers = new Map<string, Map<string, Told["value"]>>()
  const inputAnswers = new Map<string, Told["value"]>()
  for (const { atom, at, value } of told) {
    atom.reads.forEach((place, index) => {
      const subject = `${place}@${at[index] ?? 0}`
      const known = answers.get(subject) ?? new Map<string, Told["value"]>()
      answers.set(subject, known)
      if (atom.opaque === undefined) known.set(atom.key, value)
    })
    if (atom.opaque === undefined && atom.reads.length === 0) inputAnswers.set(atom.key, value)
  }
  const opaque = told.filter(({ atom }) => atom.opaque !== undefined)
  const asked = [...new Set(opaque.flatMap(subjectsOf))]
  const candidates = candidatesOf(opaque)
  const asksFor = (property: SessionProperty): boolean => opaque.some(({ atom }) => asks(atom, property))
  const [asksText, asksCost, asksTokens] = [asksFor("text"), asksFor("cost"), asksFor("tokens")]
  /** Over all activations until then. */
  const spent = (witness: Witness, place: string, until: number, figure: "cost" | "tokens"): number => {
    let sum = 0
    for (const [subject, said] of witness.said) {
      const at = subject.lastIndexOf("@")
      if (subject.slice(0, at) === place && Number(subject.slice(at + 1)) <= until) sum += said[figure] ?? 0
    }
    return sum
  }

  const build = (pick: (subject: string) => Candidate): Witness => {
    const inputs = net.ir.inputs.flatMap(({ name, type }) => {
      const value = asked.includes("run") || inputAnswers.has(`i:${name}`) ? fill(type, `i:${name}`, inputAnswers, pick("run")) : undefined
      return value === undefined ? [] : [[name, value] as const]
    })
    const said = [...answers].map(([subject, known]): readonly [string, Said] => {
      const place = subject.slice(0, subject.lastIndexOf("@"))
      const subtasks = known.get(`${subtasksKey}${place}`)
      // what a session is asked about, it is asked about as a whole
      const picked = pick(asked.includes(place) ? place : subject)
      const output = place === "human" ? known.get("h:") : fill(types.get(place), `s:${place}`, known, picked)
      return [
        subject,
        {
          ...(asksText && (asked.includes(subject) || asked.includes(place)) && { text: picked.text }),
          ...(output !== undefined && { output }),
          ...(asksCost && asked.includes(place) && { cost: Math.max(0, picked.number) }),
          ...(asksTokens && asked.includes(place) && { tokens: Math.max(0, Math.round(picked.number)) }),
          ...(typeof subtasks === "number" && { subtasks }),
        },
      ]
    })
    return { said: new Map(said), inputs: Object.fromEntries(inputs) }
  }
  const holds = (witness: Witness): boolean =>
    opaque.every(({ atom, at, value }) => {
      if (atom.opaque === undefined) return true
      const scope: Scope = {
        session: (id, property) => {
          const move = at[atom.reads.indexOf(id)] ?? 0
          const said = witness.said.get(`${id}@${move}`)
          if (property === "cost" || property === "tokens") return spent(witness, id, move, property)
          return property === "text" ? said?.text : property === "output" ? said?.output : undefined
        },
        input: (name) => witness.inputs[name] ?? net.ir.inputs.find((input) => input.name === name)?.default,
        fleet: () => undefined,
        human: () => witness.said.get(`human@${at[atom.reads.indexOf("human")] ?? 0}`)?.output,
        let: (name) => net.guards.lets.get(name),
        variable: () => undefined,
      }
      const found = evaluate(atom.opaque, scope)
      return typeof value === "number" ? Array.isArray(found) && found.length === value : (found === true) === (value === true)
    })

  // every subject of a condition takes every candidate, the first of them fastest
  const total = Math.min(mostTries, candidates.length ** asked.length)
  for (let tried = 0; tried < total; tried++) {
    const picks = new Map(asked.map((subject, at) => [subject, candidates[Math.floor(tried / candidates.length ** at) % candidates.length] ?? plain]))
    const witness = build((subject) => picks.get(subject) ?? plain)
    if (holds(witness)) return witness
  }
  return undefined
}

/** Some value of the type. */
export const answerOf = (type: Type | undefined): Json | undefined => fill(type, "", new Map(), plain)
