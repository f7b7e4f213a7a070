/** What stands at a boundary as requests to Cedar. Pure but for links, which paths are followed through. */
import { isAbsolute, relative } from "node:path"
import type { Context, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs"
import { commandOf, isList, namedPlaces, pathsOf, resolvedPath, simpleCommands, textOf, type Boundary, type PolicyContext, type PolicyPayload } from "#sdk"

export interface CedarRequest {
  readonly principal: TypeAndId
  readonly action: TypeAndId
  readonly resource: TypeAndId
  readonly context: Context
  /** What a part of the line comes to run (`sh -c`, `env`, quotes, a path of a program): only a `forbid` counts. */
  readonly behind?: boolean
}

/** `sure: false`: a command line of which nobody can say what it runs. Undefined: it has more parts than are looked at. */
export interface Asked {
  readonly requests: ReadonlyArray<CedarRequest>
  readonly sure: boolean
}

/** Each part of a command line with each path. */
const mostRequests = 256

const entity = (type: string, id: string): TypeAndId => ({ type, id })
const sessionOf = (id: string | undefined): TypeAndId => (id === undefined ? entity("Fleet", "fleet") : entity("Session", id))
const present = (fields: { readonly [name: string]: string | boolean | undefined }): Context =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])))

export const requestsOf = (boundary: Boundary, payload: PolicyPayload, about: Omit<PolicyContext<unknown>, "config">): Asked | undefined => {
  const action = entity("Action", boundary)
  const principal = sessionOf(about.session)
  const one = (resource: TypeAndId, context: Context): Asked => ({ requests: [{ principal, action, resource, context }], sure: true })
  switch (boundary) {
    case "tool":
      return toolRequests(action, principal, payload, about)
    case "prompt":
      return one(principal, { text: written(payload["text"]) })
    case "spawn":
      return one(entity("Driver", textOf(payload["driver"])), {
        ...present({ model: textOf(payload["model"]) }),
        permissions: textOf(payload["permissions"]),
        workspace: textOf(payload["workspace"]),
        effect: textOf(payload["effect"]),
        asks: payload["asks"] === true,
      })
    case "route":
      return routeRequests(action, payload)
    default:
      return one(entity("Artifact", textOf(payload["name"])), present({ mime: textOf(payload["mime"]), uri: textOf(payload["uri"]) }))
  }
}

const written = (value: PolicyPayload[string] | undefined): string => (typeof value === "string" ? value : JSON.stringify(value ?? null))

const routeRequests = (action: TypeAndId, payload: PolicyPayload): Asked | undefined => {
  const from = texts(payload["from"])
  const to = texts(payload["to"])
  const context: Context = { rule: textOf(payload["rule"]), action: textOf(payload["action"]) }
  const senders = from.length === 0 ? [undefined] : from
  if (senders.length * to.length > mostRequests) return undefined
  return {
    requests: senders.flatMap((sender) => to.map((target) => ({ principal: sessionOf(sender), action, resource: sessionOf(target), context }))),
    sure: true,
  }
}

const texts = (value: PolicyPayload[string] | undefined): ReadonlyArray<string> => [
  ...new Set((isList(value) ? value : [value]).map(textOf).filter((text) => text !== "")),
]

const toolRequests = (
  action: TypeAndId,
  principal: TypeAndId,
  payload: PolicyPayload,
  { workspace = "/", permissions }: Omit<PolicyContext<unknown>, "config">,
): Asked | undefined => {
  const line = commandOf(payload)
  const { commands, runs, ...read } = line === "" ? { commands: [], plain: true, known: true, runs: [] } : simpleCommands(line)
  const plain = read.plain && read.known
  // a line that cannot be taken apart is judged as a whole, too
  const parts: ReadonlyArray<string | undefined> = line === "" ? [undefined] : plain && commands.length > 0 ? commands : [...new Set([...commands, line])]
  const behind = [...new Set(runs.map(({ words }) => words.join(" ")))].filter((command) => !parts.includes(command))
  const named = [...new Set(pathsOf(payload))]
  const places =
    named.length === 0 ? [{ inside: true }] : named.flatMap((path) => namedPlaces(path, workspace)).map((place) => placeOf(place, resolvedPath(workspace)))
  if ((parts.length + behind.length) * places.length > mostRequests) return undefined
  const base = {
    ...present({ line, scope: textOf(payload["scope"]), permissions }),
    plain,
    input: JSON.stringify(payload["input"] ?? null),
    risk: textOf(payload["risk_level"]) || "unknown",
  }
  const resource = entity("Tool", textOf(payload["tool"]))
  const asking = (command: string | undefined): ReadonlyArray<CedarRequest> =>
    places.map((place) => ({ principal, action, resource, context: { ...base, ...place, ...(command === undefined ? {} : { command }) } }))
  const requests = [...parts.flatMap(asking), ...behind.flatMap(asking).map((request) => ({ ...request, behind: true }))]
  return { requests, sure: plain }
}

/** Relative to the workspace when it is inside, else absolute. */
const placeOf = (whole: string, workspace: string): { readonly path: string; readonly inside: boolean } => {
  const from = relative(workspace, whole)
  const inside = from === "" || (from !== ".." && !/^\.\.[/\\]/.test(from) && !isAbsolute(from))
  return { path: inside ? (from === "" ? "." : from.replaceAll("\\", "/")) : whole, inside }
}
