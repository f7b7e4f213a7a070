/** Where and how an A2A agent is spoken to: its card says so. */
import { failure, fieldsOf, listOf, textOf } from "#sdk"
import type { Fields } from "#sdk"
import { fetchJson, Refused, type HttpRequest } from "./requests.ts"

export interface AgentInterface {
  readonly url: string
  readonly binding: "JSONRPC" | "HTTP+JSON"
  readonly version: "1.0" | "0.3"
  readonly streaming: boolean
}

const places = (target: string): ReadonlyArray<string> => {
  if (new URL(target).pathname.endsWith(".json")) return [target]
  const base = target.replace(/\/+$/u, "")
  const found = [base, new URL(target).origin].flatMap((at) => [`${at}/.well-known/agent-card.json`, `${at}/.well-known/agent.json`])
  return [...new Set(found)]
}

const versionOf = (text: string): AgentInterface["version"] | undefined => (/^1(?:\.|$)/u.test(text) ? "1.0" : /^0\.[23]/u.test(text) ? "0.3" : undefined)
const bindingOf = (text: string): AgentInterface["binding"] | undefined => (text === "JSONRPC" || text === "HTTP+JSON" ? text : undefined)

/** The ways that are understood here, best first: those of version 1.0 before the old one. */
export const interfacesOf = (card: Fields): ReadonlyArray<AgentInterface> => {
  const streaming = fieldsOf(card["capabilities"])["streaming"] === true
  const declared = listOf(card["supportedInterfaces"])
    .map(fieldsOf)
    .map((each) => ({ url: each["url"], binding: each["protocolBinding"], version: each["protocolVersion"] }))
  const old =
    typeof card["url"] === "string" ? [{ url: card["url"], binding: card["preferredTransport"] ?? "JSONRPC", version: card["protocolVersion"] ?? "0.3" }] : []
  const more = listOf(card["additionalInterfaces"])
    .map(fieldsOf)
    .map((each) => ({ url: each["url"], binding: each["transport"], version: card["protocolVersion"] ?? "0.3" }))
  const all = [...declared, ...old, ...more].flatMap(({ url, binding, version }): ReadonlyArray<AgentInterface> => {
    const [known, spoken] = [bindingOf(textOf(binding)), versionOf(textOf(version))]
    // the old way is understood over JSON-RPC only, which all its agents have
    if (typeof url !== "string" || !URL.canParse(url) || known === undefined || spoken === undefined || (spoken === "0.3" && known !== "JSONRPC")) return []
    return [{ url: url.replace(/\/+$/u, ""), binding: known, version: spoken, streaming }]
  })
  return all.toSorted((a, b) => b.version.localeCompare(a.version))
}

/** As A2A has them, among its capabilities, and as CAP v1 (11.1) writes them, beside these. */
const extensionsOf = (card: Fields): ReadonlyArray<string> =>
  [...listOf(fieldsOf(card["capabilities"])["extensions"]), ...listOf(card["extensions"])].map((each) => textOf(fieldsOf(each)["uri"]))

export interface CardOptions extends Pick<HttpRequest, "headers" | "signal"> {
  /** The card must have it. */
  readonly extension?: string | undefined
}

/** Rejects with a `FleetFailure` when there is no card, or nothing on it that is understood or may be reached. */
export const findInterface = async (target: string, { extension, ...about }: CardOptions): Promise<AgentInterface> => {
  for (const url of places(target)) {
    let card: Fields
    try {
      card = await fetchJson({ url, method: "GET", ...about })
    } catch (error) {
      if (error instanceof Refused && (error.status === 404 || error.status === 405)) continue
      throw error
    }
    if (extension !== undefined && !extensionsOf(card).includes(extension))
      throw failure(
        "driver_error",
        `${target}: its card does not have the extension ${extension}; an agent without it is driven by \`a2a:\` without \`extension\``,
      )
    const all = interfacesOf(card)
    if (all.length === 0)
      throw failure("driver_error", `${target}: its card offers no interface that is understood here: JSONRPC or HTTP+JSON of A2A 1.0, or JSONRPC of 0.3`)
    const near = all.find((each) => new URL(each.url).hostname === new URL(target).hostname)
    if (near !== undefined) return near
    const away = all[0]?.url ?? ""
    throw failure("driver_error", `${target}: its card leads to another host, ${away}; write a2a:${new URL(away).origin} when you mean that one`)
  }
  throw failure("driver_error", `${target} has no agent card at .well-known/agent-card.json; is it the address of an A2A agent?`)
}
