/** Ends that commute with everything else that can happen: of these, one order tells what all orders would. */
import { placeOf, type Cone, type Net, type NetRule } from "./net.ts"

/** Places of a cone whose ends do. `once`: the place runs exactly once in every execution without a failure. */
export const privatePlaces = (
  { undoing }: Net,
  cone: Cone,
  listeners: ReadonlyMap<string, ReadonlyArray<NetRule>>,
  once: (place: string) => boolean,
): ReadonlySet<string> => {
  const starters = new Map<string, number>(cone.start.map((place) => [place, 1]))
  // what is undone, and whether it was finished by then, goes by the order of things
  const cancellable = new Set<string>(cone.rules.some(({ undoes }) => undoes.size > 0) ? [...undoing.by].flat() : [])
  const readers = new Map<string, Array<NetRule>>()
  for (const rule of cone.rules) {
    for (const target of rule.targets) if (!cone.given.has(target)) starters.set(target, (starters.get(target) ?? 0) + 1)
    for (const read of rule.reads) readers.set(read, [...(readers.get(read) ?? []), rule])
    if (rule.ends || rule.undoes.size > 0) for (const { event } of rule.leaves) cancellable.add(placeOf(event) ?? "")
  }
  const alone = (place: string): boolean => (starters.get(place) ?? 0) <= 1
  const hearsStart = (place: string): boolean =>
    (listeners.get(place) ?? []).some((rule) =>
      rule.leaves.some(({ event }) => event.source === "session" && event.session === place && event.event === "started"),
    )
  const quiet = (rule: NetRule, place: string): boolean => {
    if (rule.ends || rule.undoes.size > 0 || rule.rule.within !== undefined || (rule.join.kind !== "event" && rule.join.kind !== "all")) return false
    if (rule.join.kind === "all" && !rule.join.of.every((child) => child.kind === "event")) return false
    if (!rule.leaves.every(({ event }) => event.source === "session" && event.event !== "started" && event.event !== "asked")) return false
    if (![...rule.targets].every((target) => !cone.places.has(target) || (alone(target) && !hearsStart(target)))) return false
    return rule.leaves.length === 1 ? [...rule.reads].every((read) => read === place) : [...rule.reads].every(once)
  }
  const result = new Set<string>()
  for (const place of cone.places) {
    if (cancellable.has(place) || !alone(place) || hearsStart(place) || place === "human") continue
    const heard = listeners.get(place) ?? []
    if (heard.every((rule) => quiet(rule, place)) && (readers.get(place) ?? []).every((rule) => heard.includes(rule))) result.add(place)
  }
  return result
}
