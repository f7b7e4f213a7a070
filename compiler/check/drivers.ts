/** Drivers by name, the keys they take, and what they cannot do (language.md 2: "an error, never ignored"). */
import { didYouMean, diagnose, quotedList, type Diagnostic, type Span } from "../diagnostics/index.ts"
import { sessionKeys, type DriverKey, type FleetDocument, type Runner, type SessionDeclaration } from "../document/index.ts"
import type { YamlNode } from "../source/index.ts"
import { builtinDrivers, type Ability, type DriverDescription, type DriverKeyDescription } from "./builtin-plugins.ts"
import { otherKind } from "./document-names.ts"
import type { Symbols } from "./model.ts"

/** The fleet's drivers: those of its plugins over the built-in ones. */
export const checkDrivers = (document: FleetDocument, symbols: Symbols, loaded: ReadonlyArray<DriverDescription>): ReadonlyArray<Diagnostic> => {
  const known = knownDrivers(loaded)
  return uniqueNames(document)
    .flatMap((driver) => checkName(driver, known, symbols))
    .concat(
      document.sessions.flatMap((session) => {
        const driver = session.settings.runner && driverOf(session.settings.runner, known)
        return driver === undefined ? [] : checkSession(session, driver)
      }),
      checkDefaults(document, known),
    )
}

/** A key in `defaults` is meant for whatever driver takes it; one that no session's driver takes is a mistake. */
const checkDefaults = ({ defaults, sessions }: FleetDocument, known: ReadonlyMap<string, DriverDescription>): ReadonlyArray<Diagnostic> => {
  const drivers = sessions.map(({ settings }) => settings.runner && driverOf(settings.runner, known))
  if (defaults.driverKeys.length === 0 || drivers.includes(undefined)) return []
  const taken = new Set(drivers.flatMap((driver) => Object.keys(driver?.keys ?? {})))
  const legal = [...sessionKeys, ...taken]
  return defaults.driverKeys
    .filter(({ name }) => !taken.has(name))
    .map(({ name, key }) => diagnose("unknown-key", key, { key: name, section: "defaults", expected: quotedList(legal) }, didYouMean(name, key, legal)))
}

export const knownDrivers = (loaded: ReadonlyArray<DriverDescription>): ReadonlyMap<string, DriverDescription> =>
  new Map([...builtinDrivers, ...loaded].map((driver) => [driver.name, driver]))

/** A driver in `defaults` is one name, however many sessions have it. */
const uniqueNames = (document: FleetDocument): ReadonlyArray<Runner & { readonly kind: "driver" }> => {
  const runners = [document.defaults, ...document.sessions.map(({ settings }) => settings)].flatMap(({ runner }) => (runner?.kind === "driver" ? [runner] : []))
  return [...new Set(runners)]
}

/** Undefined for agents and manifests, and for a name that nobody knows. */
export const driverOf = (runner: Runner, known: ReadonlyMap<string, DriverDescription>): DriverDescription | undefined =>
  runner.kind === "driver" ? known.get(runner.scheme ?? runner.name.value) : undefined

const checkName = (
  { name, scheme }: Runner & { readonly kind: "driver" },
  known: ReadonlyMap<string, DriverDescription>,
  { plugins }: Symbols,
): ReadonlyArray<Diagnostic> => {
  if (known.has(scheme ?? name.value) || plugins.has(name.value)) return []
  const other = otherKind(name, "driver")
  if (other.length > 0) return other
  const names = [...known.values()]
    .filter((driver) => !driver.scheme)
    .map((driver) => driver.name)
    .concat(...plugins)
  const schemes = [...known.values()].filter((driver) => driver.scheme).map((driver) => `${driver.name}:…`)
  return [
    diagnose(
      "unknown-driver",
      name.span,
      { name: name.value, expected: [quotedList(names), ...schemes.map((each) => `"${each}"`)].join(", ") },
      didYouMean(name.value, name.span, names),
    ),
  ]
}

const checkSession = ({ id, settings }: SessionDeclaration, driver: DriverDescription): ReadonlyArray<Diagnostic> => {
  const problems: Array<Diagnostic> = []
  const section = `session "${id.value}"`
  const known = Object.keys(driver.keys)
  const given = new Set(settings.driverKeys.map(({ name }) => name))
  for (const key of settings.driverKeys) {
    const description = Object.hasOwn(driver.keys, key.name) ? driver.keys[key.name] : undefined
    if (description !== undefined) problems.push(...checkKey(key, description, driver.name))
    else if (key.name === "sandbox") problems.push(diagnose("invalid-value", key.value.span, { what: "sandbox", value: shownText(key), expected: '"bwrap"' }))
    else if (!key.inherited) {
      const legal = [...sessionKeys, ...known]
      problems.push(diagnose("unknown-key", key.key, { key: key.name, section, expected: quotedList(legal) }, didYouMean(key.name, key.key, legal)))
    }
  }
  for (const key of known) {
    if (driver.keys[key]?.required !== true || given.has(key)) continue
    problems.push(diagnose("missing-key", id.span, { section, key }, { help: `driver "${driver.name}" needs it` }))
  }
  const written: ReadonlyArray<readonly [Ability, Span | undefined]> = [
    ["model", settings.model?.span],
    ["system_prompt", settings.systemPrompt?.span],
    ["max_turns", settings.maxTurns?.span],
    ["checkpoint", settings.checkpoint?.value === true ? settings.checkpoint.span : undefined],
    ["sandbox", settings.sandbox?.span],
    ["permissions", settings.permissions?.span],
    ["output", settings.output?.span],
  ]
  for (const [ability, span] of written)
    if (span !== undefined && !driver.abilities.includes(ability))
      problems.push(diagnose("unsupported-by-driver", span, { driver: driver.name, key: ability }, { help: helpFor(ability, driver) }))
  if (driver.usage === "none")
    for (const key of ["usd", "tokens"] as const) {
      const limit = settings.budget?.[key]
      if (limit !== undefined)
        problems.push(
          diagnose(
            "unsupported-by-driver:because",
            limit.span,
            { driver: driver.name, key: `budget.${key}`, reason: "it does not tell what it uses" },
            { help: "bound it by turns, or by timeout" },
          ),
        )
    }
  return problems
}

const shownText = ({ value }: DriverKey): string => (value.kind === "scalar" ? value.text : value.kind)

const helpFor = (ability: Ability, driver: DriverDescription): string => {
  const able = builtinDrivers
    .filter(({ abilities, name }) => abilities.includes(ability) && name !== driver.name && name !== "scripted")
    .map(({ name, scheme }) => (scheme ? `${name}:…` : name))
  return able.length === 0 ? "remove it" : `remove it, or use a driver that can: ${able.slice(0, 4).join(", ")}${able.length > 4 ? ", …" : ""}`
}

const checkKey = ({ name, value, key }: DriverKey, { type }: DriverKeyDescription, plugin: string): ReadonlyArray<Diagnostic> => {
  if (fits(value, type)) return []
  const expected = { "text list": "a list of texts", text: "text", number: "a number", boolean: "true or false", any: "a value" }[type]
  const found =
    value.kind === "null" ? "nothing" : value.kind === "scalar" ? (typeof value.value === "string" ? "text" : `a ${typeof value.value}`) : `a ${value.kind}`
  const span = value.kind === "null" ? key : value.span
  const list =
    type === "text list" && value.kind === "scalar"
      ? { help: `no shell takes it apart: write for example ${name}: [${value.text.split(/\s+/).join(", ")}]` }
      : {}
  return [diagnose("plugin-config-invalid", span, { plugin, problem: `"${name}" must be ${expected}, found ${found}` }, list)]
}

const fits = (value: YamlNode, type: DriverKeyDescription["type"]): boolean => {
  switch (type) {
    case "any":
      return true
    case "text list":
      return value.kind === "list" && value.items.every((item) => item.kind === "scalar")
    case "text":
      return value.kind === "scalar"
    case "number":
    case "boolean":
      return value.kind === "scalar" && typeof value.value === type
  }
}
