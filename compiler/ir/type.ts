/** Types: how they print, which fits where, and what two have in common. `json` is the type of what nobody declared: it fits anywhere. */
import { canonicalValue } from "./canonical.ts"
import type { Json, Type } from "./model.ts"

const plainName = /^[A-Za-z_][A-Za-z0-9_-]*$/
const quoted = (name: string): string => (plainName.test(name) ? name : JSON.stringify(name))

/** As the language writes it: `approve | changes`, `[string]`, `{ ok: boolean, notes: string? }`. */
export const printType = (type: Type): string => {
  switch (type.kind) {
    case "enum":
      return type.values.map(quoted).join(" | ")
    case "list":
      return `[${printType(type.item)}]`
    case "record": {
      const fields = Object.entries(type.fields).map(([name, field]) => `${quoted(name)}: ${printType(field.optional ? maybe(field.type) : field.type)}`)
      return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
    }
    case "maybe":
      return `${printType(type.type)}?`
    default:
      return type.kind
  }
}

/** As a reader would say it: `a string`, `one of approve | changes`, `a list [string]`. */
export const describeType = (type: Type): string => {
  switch (type.kind) {
    case "enum":
      return `one of ${printType(type)}`
    case "list":
    case "record":
      return `a ${type.kind} ${printType(type)}`
    case "maybe":
      return `${describeType(type.type)}, or absent`
    case "integer":
      return "an integer"
    case "money":
    case "null":
      return type.kind
    case "json":
      return "any value"
    default:
      return `a ${type.kind}`
  }
}

/** The type with absence; `null` and `json` have it already. */
export const maybe = (type: Type): Type => (type.kind === "maybe" || type.kind === "null" || type.kind === "json" ? type : { kind: "maybe", type })

/** The type without absence; `null` alone stays. */
export const definite = (type: Type): Type => (type.kind === "maybe" ? definite(type.type) : type)

/** The type of an input as expressions read it: one that has a default is always there. */
export const givenType = (type: Type, byDefault: Json | undefined): Type => (byDefault === undefined || byDefault === null ? type : definite(type))

const normal = (type: Type): Type => {
  switch (type.kind) {
    case "enum":
      return { kind: "enum", values: type.values.toSorted() }
    case "list":
      return { kind: "list", item: normal(type.item) }
    case "maybe":
      return maybe(normal(type.type))
    case "record":
      return {
        kind: "record",
        open: type.open,
        fields: Object.fromEntries(
          Object.entries(type.fields).map(([name, field]) => [
            name,
            { optional: field.optional || field.type.kind === "maybe", type: normal(definite(field.type)) },
          ]),
        ),
      }
    default:
      return type
  }
}

/** The same values: the order of enum values and of fields does not count. */
export const sameType = (a: Type, b: Type): boolean => key(a) === key(b)

const key = (type: Type): string => canonicalValue(JSON.parse(JSON.stringify(normal(type))))

/** Whether every value of `from` may stand where `to` is wanted. */
export const assignable = (from: Type, to: Type): boolean => {
  if (from.kind === "json" || to.kind === "json") return true
  if (to.kind === "maybe") return from.kind === "null" || assignable(definite(from), definite(to))
  switch (from.kind) {
    case "maybe":
      return false
    case "integer":
      return to.kind === "integer" || to.kind === "number"
    case "enum":
      return to.kind === "string" || (to.kind === "enum" && from.values.every((value) => to.values.includes(value)))
    case "list":
      return to.kind === "list" && assignable(from.item, to.item)
    case "record":
      return to.kind === "record" && fits(from, to)
    default:
      return from.kind === to.kind
  }
}

type RecordType = Extract<Type, { readonly kind: "record" }>

const fits = (from: RecordType, to: RecordType): boolean =>
  Object.entries(to.fields).every(([name, wanted]) => {
    const given = Object.hasOwn(from.fields, name) ? from.fields[name] : undefined
    const absent = wanted.optional || wanted.type.kind === "maybe"
    if (given === undefined) return absent
    const type = given.optional ? maybe(given.type) : given.type
    return assignable(type, absent ? maybe(wanted.type) : wanted.type)
  }) &&
  (to.open || Object.keys(from.fields).every((name) => Object.hasOwn(to.fields, name)))

/** The narrowest type that both fit; `undefined` when only `json` would do. */
export const commonType = (a: Type, b: Type): Type | undefined => {
  if (a.kind === "null") return maybe(b)
  if (b.kind === "null") return maybe(a)
  if (a.kind === "maybe" || b.kind === "maybe") {
    const inner = commonType(definite(a), definite(b))
    return inner === undefined ? undefined : maybe(inner)
  }
  if (a.kind === "json" || b.kind === "json") return { kind: "json" }
  if (a.kind === "enum" && b.kind === "enum") return { kind: "enum", values: [...new Set([...a.values, ...b.values])] }
  if (a.kind === "list" && b.kind === "list") {
    const item = commonType(a.item, b.item)
    return item === undefined ? undefined : { kind: "list", item }
  }
  if (assignable(a, b)) return b
  return assignable(b, a) ? a : undefined
}

/** Numbers of every unit. */
export const isNumeric = (type: Type): boolean => ["integer", "number", "duration", "money", "json"].includes(type.kind)

/** What may be used as text, `json` as far as it turns out to be one. */
export const isTextual = (type: Type): boolean => type.kind === "string" || type.kind === "enum" || type.kind === "json"

/** What a text may hold: scalars and enums. */
export const isPrintable = (type: Type): boolean => type.kind !== "list" && type.kind !== "record" && type.kind !== "maybe" && type.kind !== "null"
