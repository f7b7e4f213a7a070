import type { MapNode, YamlNode } from "../source/model.ts"
import type { Budget, DriverKey, EnvironmentEntry, PluginUse, RetrySettings, SandboxSettings, SessionSettings, SloSettings, Spanned } from "./model.ts"
import { readRunner, runnerKeys } from "./read-runner.ts"
import { defined, Section, section, type Problems, type Reader } from "./section.ts"
import { boolean, count, duration, id, integer, listOf, matching, money, nonEmptyText, number, oneOf, oneOrMore, text, timeLimit, word } from "./values.ts"

export const sessionKeys = [
  ...runnerKeys,
  "role",
  "model",
  "system_prompt",
  "max_turns",
  "permissions",
  "policies",
  "workspace",
  "from",
  "output",
  "timeout",
  "idle_timeout",
  "retry",
  "budget",
  "slo",
  "priority",
  "compensate",
  "effect",
  "context",
  "env",
  "checkpoint",
  "sandbox",
  "dynamic",
  "allow_private",
] as const

export const permissions = oneOf("permissions", ["ask", "allow", "deny", "bypass"])

/** `name` or `{ use: name, with: { … } }`. */
export const pluginUse =
  (what: string): Reader<PluginUse> =>
  (entry, problems) => {
    if (entry.value.kind !== "map") {
      const use = nonEmptyText(what)(entry, problems)
      return use && { use, span: use.span }
    }
    const map = section(what, entry, ["use", "with"], problems)
    const use = map?.read("use", nonEmptyText(what))
    if (map !== undefined && map.entry("use") === undefined) map.missing("use", entry.value.span)
    const given = map?.read("with", (inner): MapNode | undefined => (inner.value.kind === "map" ? inner.value : problems.wrongType(inner, "a map")))
    return use && { use, span: entry.value.span, ...(given && { with: given }) }
  }

export const readBudget: Reader<Budget> = (entry, problems) => {
  const map = section("budget", entry, ["usd", "tokens", "wall", "turns"], problems)
  return map && defined({ usd: map.read("usd", money), tokens: map.read("tokens", count), wall: map.read("wall", timeLimit), turns: map.read("turns", count) })
}

const readRetry: Reader<RetrySettings> = (entry, problems) => {
  const map = section("retry", entry, ["attempts", "backoff", "factor", "max", "jitter", "on"], problems)
  return (
    map &&
    defined({
      span: map.map.span,
      attempts: map.read("attempts", count),
      backoff: map.read("backoff", duration),
      factor: map.read("factor", number(1, false)),
      max: map.read("max", duration),
      jitter: map.read("jitter", boolean),
      on: map.read("on", oneOrMore(word)),
    })
  )
}

const readSlo: Reader<SloSettings> = (entry, problems) => {
  const map = section("slo", entry, ["tier", "queue_target", "priority"], problems)
  return (
    map &&
    defined({
      span: map.map.span,
      tier: map.read("tier", word),
      queueTarget: map.read("queue_target", duration),
      priority: map.read("priority", integer),
    })
  )
}

const readEnvironment: Reader<ReadonlyArray<EnvironmentEntry>> = (entry, problems) => {
  if (entry.value.kind !== "map") return problems.wrongType(entry, "a map of names and texts")
  return entry.value.entries.flatMap((variable): ReadonlyArray<EnvironmentEntry> => {
    const name = { value: variable.name, span: variable.key }
    if (!/^[^=\0]+$/.test(variable.name))
      problems.report("invalid-value", variable.key, { what: "environment variable", value: variable.name, expected: 'a name without "="' })
    const value = word(variable, problems)
    if (value !== undefined && /\$\{env\.(?![A-Za-z_]\w*\})/.test(value.value))
      problems.report("invalid-value", value.span, { what: `"${variable.name}"`, value: value.value, expected: '"${env.NAME}" with the name of a variable' })
    return value === undefined ? [] : [{ name, value }]
  })
}

const sandboxName = oneOf("sandbox", ["bwrap"])
const placeOutside = matching("path", /^(?:\/|~\/)[^\0]*$/, "an absolute path, or one that begins with ~/")

const host = matching("host", /^(?:\*\.)?[A-Za-z0-9](?:[\w.-]*\w)?(?::\d{1,5})?$/, 'a name such as "api.example.org", "*.example.org" or "example.org:8080"')

const network: Reader<Spanned<boolean | ReadonlyArray<string>>> = (entry, problems) => {
  if (entry.value.kind !== "list") return boolean(entry, problems)
  const hosts = listOf(host)(entry, problems)
  return hosts && { value: hosts.map(({ value }) => value), span: entry.value.span }
}

/** `bwrap` or `{ use: bwrap, net, read, write }`. */
const readSandbox: Reader<SandboxSettings> = (entry, problems) => {
  if (entry.value.kind !== "map") {
    const use = sandboxName(entry, problems)
    return use && { use, span: use.span }
  }
  const map = section("sandbox", entry, ["use", "net", "read", "write"], problems)
  const use = map?.read("use", sandboxName)
  if (map !== undefined && map.entry("use") === undefined) map.missing("use", entry.value.span)
  const places = listOf(placeOutside)
  return use && defined({ use, span: entry.value.span, net: map?.read("net", network), read: map?.read("read", places), write: map?.read("write", places) })
}

/** A type stays a node: the types stage reads it. Absent when the key has no value. */
const typeNode: Reader<YamlNode> = (entry, problems) => (entry.value.kind === "null" ? problems.wrongType(entry, "a type") : entry.value)

/** The keys of a session, or of `defaults`. Keys that are not common to all sessions are kept for whoever knows the driver. */
export const readSettings = (title: string, map: MapNode, problems: Problems, inherited: boolean): SessionSettings => {
  const confined = map.entries.some(({ name, value }) => name === "sandbox" && (value.kind === "map" || (value.kind === "scalar" && value.text === "bwrap")))
  // codex has a key of this name, with words of its own
  const known = confined ? sessionKeys : sessionKeys.filter((key) => key !== "sandbox")
  const keys = new Section(title, map, known, problems)
  const driverKeys = keys.others().map((entry): DriverKey => ({ name: entry.name, key: entry.key, value: entry.value, inherited }))
  return defined({
    runner: readRunner(keys),
    role: keys.read("role", text),
    model: keys.read("model", word),
    systemPrompt: keys.read("system_prompt", text),
    maxTurns: keys.read("max_turns", count),
    permissions: keys.read("permissions", permissions),
    policies: keys.read("policies", listOf(pluginUse("policy pack"))),
    workspace: keys.read("workspace", pluginUse("workspace")),
    from: keys.read("from", id("origin")),
    output: keys.read("output", typeNode),
    timeout: keys.read("timeout", timeLimit),
    idleTimeout: keys.read("idle_timeout", timeLimit),
    retry: keys.read("retry", readRetry),
    budget: keys.read("budget", readBudget),
    slo: keys.read("slo", readSlo),
    priority: keys.read("priority", integer),
    compensate: keys.read("compensate", id("session id")),
    effect: keys.read("effect", oneOf("effect", ["pure", "idempotent", "external"])),
    context: keys.read("context", oneOf("context", ["keep", "fresh"])),
    env: keys.read("env", readEnvironment),
    checkpoint: keys.read("checkpoint", boolean),
    sandbox: confined ? keys.read("sandbox", readSandbox) : undefined,
    dynamic: keys.read("dynamic", count),
    allowPrivate: keys.read("allow_private", boolean),
    driverKeys,
  })
}
