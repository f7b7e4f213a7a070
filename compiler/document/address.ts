/** Addresses an agent may not be reached at: a fleet file must not be a way into a private network (CAP's rule; loopback is fine here). */

/** What kind of address a host is when it is not public; undefined for public, loopback and names (names are never resolved). */
export const privateRange = (host: string): string | undefined => {
  const name = host.replace(/\.$/, "").toLowerCase()
  if (name === "metadata.google.internal" || name === "metadata") return "metadata"
  if (name.startsWith("[")) return privateV6(name.slice(1, -1))
  return /^\d+\.\d+\.\d+\.\d+$/.test(name) ? privateV4(name.split(".").map(Number)) : undefined
}

const privateV4 = ([a = 0, b = 0, c = 0, d = 0]: ReadonlyArray<number>): string | undefined => {
  if (a === 169 && b === 254) return c === 169 && d === 254 ? "metadata" : "link-local"
  if (a === 100 && b === 100 && c === 100 && d === 200) return "metadata"
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return "private"
  return a === 0 ? "unspecified" : undefined
}

/** `address` as the URL parser normalises it: lower case, longest run of zeros as `::`, mapped IPv4 in hexadecimal. */
const privateV6 = (address: string): string | undefined => {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  if (mapped !== null) {
    const [high, low] = [mapped[1], mapped[2]].map((part) => Number.parseInt(part ?? "0", 16))
    return privateV4([high ?? 0, low ?? 0].flatMap((pair) => [pair >> 8, pair & 255]))
  }
  if (address === "::") return "unspecified"
  const first = Number.parseInt(address.startsWith(":") ? "0" : (address.split(":")[0] ?? "0"), 16)
  if ((first & 0xffc0) === 0xfe80) return "link-local"
  return (first & 0xfe00) === 0xfc00 ? "private" : undefined
}

/** The host of a `grpc:` target (`host:port`) or an `a2a:` one (a URL), normalised; undefined when the target is neither. */
export const hostOf = (scheme: "grpc" | "a2a", target: string): string | undefined => {
  if (scheme === "grpc" && !/^[^/@?#\s\\]+:\d{1,5}$/.test(target)) return undefined
  const url = parseUrl(scheme === "grpc" ? `http://${target}` : target)
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "" || url.hostname.includes("..")) return undefined
  if (url.username !== "" || url.password !== "" || /\s/.test(target)) return undefined
  return scheme === "grpc" && Number(target.slice(target.lastIndexOf(":") + 1)) === 0 ? undefined : url.hostname
}

const parseUrl = (target: string): URL | undefined => (URL.canParse(target) ? new URL(target) : undefined)
