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

/** `address` as the URL parser normalises it: lower case, longest run of zeros as `::`, an IPv4 address in it in hexadecimal. */
const privateV6 = (address: string): string | undefined => {
  if (address === "::") return "unspecified"
  const groups = groupsOf(address)
  const [first = 0] = groups
  const inside = ipv4In(groups)
  if (inside !== undefined) return privateV4(inside)
  if ((first & 0xffc0) === 0xfe80) return "link-local"
  return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0 ? "private" : undefined
}

const groupsOf = (address: string): ReadonlyArray<number> => {
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""))
  return [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0"), ...tail].map((group) => Number.parseInt(group, 16))
}

const startsWith = (groups: ReadonlyArray<number>, ...start: ReadonlyArray<number>): boolean => start.every((group, at) => groups[at] === group)

/** The IPv4 address that an IPv6 one stands for: mapped, compatible, or by way of a translator (NAT64, 6to4). */
const ipv4In = (groups: ReadonlyArray<number>): ReadonlyArray<number> | undefined => {
  const isLast =
    startsWith(groups, 0, 0, 0, 0, 0, 0xffff) || startsWith(groups, 0x64, 0xff9b, 0, 0, 0, 0) || (startsWith(groups, 0, 0, 0, 0, 0, 0) && groups[6] !== 0)
  const at = isLast ? 6 : groups[0] === 0x2002 ? 1 : undefined
  return at === undefined ? undefined : [groups[at] ?? 0, groups[at + 1] ?? 0].flatMap((pair) => [pair >> 8, pair & 255])
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
