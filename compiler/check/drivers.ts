/** Drivers by name, the keys they take, and what they cannot do (language.md 2: "an error, never ignored"). */
import { didYouMean, diagnose, plainValue, quotedList, type Diagnostic, type Span } from "../diagnostics/index.ts"
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
      toldOnce([
        ...checkDefaults(document, known),
        ...document.sessions.flatMap((session) => {
          const driver = session.settings.runner && driverOf(session.settings.runner, known)
          return driver === undefined ? [] : checkSession(session, driver)
        }),
      ]),
    )
}

/** A key that an alias brings to many places is one mistake, told of the first of them. */
const toldOnce = (found: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const told = new Set<number>()
  return found.filter(({ code, span }) => code !== "unknown-key" || (!told.has(span.start) && told.add(span.start) !== undefined))
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

/** Undefined for a name that nobody knows, and for an agent that is not on this machine. An agent without a manifest may be a built-in driver. */
export const driverOf = (runner: Runner, known: ReadonlyMap<string, DriverDescription>): DriverDescription | undefined =>
  known.get(useOf(runner)) ?? (runner.kind === "agent" ? driverOfAgent(runner.name.value) : undefined)

/** Which agents have a manifest differs from machine to machine, and the IR does not: only the built-in ones are the same everywhere. */
export const driverOfAgent = (agent: string): DriverDescription | undefined => builtinDrivers.find(({ name, scheme }) => !scheme && name === agent)

/** The driver as the loader and the IR name it. */
export const useOf = (runner: Runner): string => {
  switch (runner.kind) {
    case "driver":
      return runner.scheme ?? runner.name.value
    case "agent":
      return `agent:${runner.name.value}`
    case "manifest":
      return `manifest:${runner.path.value}`
  }
}

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
      didYouMean(name.value, name.span, names, plainValue),
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
    } else if (isPassedOn(key.name, settings.runner))
      problems.push(
        diagnose("unknown-key:inherited", key.key, { key: key.name, section }, { related: [{ span: id.span, message: "this session inherits it" }] }),
      )
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

/** An agent gets the keys of `defaults` wherever its name alone does not say which it takes. */
const isPassedOn = (key: string, runner: Runner | undefined): boolean => {
  const own = runner?.kind === "agent" ? driverOfAgent(runner.name.value) : undefined
  return runner?.kind === "agent" && (own === undefined || Object.hasOwn(own.keys, key))
}

const shownText = ({ value }: DriverKey): string => (value.kind === "scalar" ? value.text : value.kind)

const helpFor = (ability: Ability, driver: DriverDescription): string => {
  const able = builtinDrivers
    .filter(({ abilities, name }) => abilities.includes(ability) && name !== driver.name && name !== "scripted")
    .map(({ name, scheme }) => (scheme ? `${name}:…` : name))
  return able.length === 0 ? "remove it" : `remove it, or use a driver that can: ${able.slice(0, 4).join(", ")}${able.length > 4 ? ", …" : ""}`
}

const checkKey = ({ name, value, key }: DriverKey, description: DriverKeyDescription, plugin: string): ReadonlyArray<Diagnostic> => {
  if (fits(value, description)) return []
  const { type } = description
  const found =
    value.kind === "null" ? "nothing" : value.kind === "scalar" ? (value.text === "" ? "an empty text" : `${JSON.stringify(value.text)}`) : `a ${value.kind}`
  const span = value.kind === "null" ? key : value.span
  const list =
    (type === "text list" || type === "command") && value.kind === "scalar"
      ? { help: `no shell takes it apart: write for example ${name}: [${value.text.split(/\s+/).join(", ")}]` }
      : {}
  return [diagnose("plugin-config-invalid", span, { plugin, problem: `"${name}" must be ${expectedOf(description)}, found ${found}` }, list)]
}

const expectedOf = ({ type, choices, least = 0, most = Infinity }: DriverKeyDescription): string => {
  switch (type) {
    case "any":
      return "a value"
    case "text":
      return choices === undefined ? "text" : `one of ${quotedList(choices)}`
    case "text list":
      return "a list of texts"
    case "command":
      return "a list of texts, a program and its arguments"
    case "duration":
      return "a length of time such as 90s or 10m"
    case "count":
      return `a whole number from ${least} to ${most}`
  }
}

const fits = (value: YamlNode, { type, choices, least = 0, most = Infinity }: DriverKeyDescription): boolean => {
  switch (type) {
    case "any":
      return true
    case "text":
      return value.kind === "scalar" && value.text !== "" && (choices === undefined || choices.includes(value.text))
    case "text list":
      return value.kind === "list" && value.items.every((item) => item.kind === "scalar")
    case "command":
      return value.kind === "list" && value.items.every((item) => item.kind === "scalar") && value.items[0]?.kind === "scalar" && value.items[0].text !== ""
    case "duration":
      return value.kind === "scalar" && /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(value.text) && /[1-9]/.test(value.text)
    case "count":
      return value.kind === "scalar" && typeof value.value === "number" && Number.isInteger(value.value) && value.value >= least && value.value <= most
  }
}
