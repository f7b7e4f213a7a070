/** The run as routing plugins see it: read off the machine's state, never the state itself. */
import type { Ir, Json } from "#ir"
import type { RoutingView, SessionView } from "#sdk"
import { dynamicPlacesLeft, type SessionState, type State } from "../machine/index.ts"

const isFields = (value: Json): value is { readonly [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value)

export const routerView = (ir: Ir, state: State): RoutingView => {
  const roles = new Map(ir.sessions.map(({ id, role }) => [id, role]))
  const order = new Map(ir.sessions.map(({ id }, at) => [id, at]))
  const viewOf = ({ id, declared, status, result, error, turns, usd }: SessionState): SessionView => {
    const role = roles.get(declared)
    return {
      id,
      status,
      text: result?.text ?? "",
      turns,
      usd,
      ...(role === undefined ? {} : { role }),
      ...(result?.output === undefined ? {} : { output: structuredClone(result.output) }),
      ...(error === undefined ? {} : { error: { ...error } }),
    }
  }
  const place = ({ declared, index = 0 }: SessionState): readonly [number, number] => [order.get(declared) ?? 0, index]
  let all: ReadonlyArray<SessionView> | undefined
  return {
    run: state.run,
    ...(state.task === undefined ? {} : { task: state.task }),
    get sessions() {
      return (all ??= [...state.sessions.values()]
        .toSorted((a, b) => {
          const [[x, i], [y, j]] = [place(a), place(b)]
          return x - y || i - j
        })
        .map(viewOf))
    },
    get dynamic() {
      return ir.sessions.flatMap(({ id, role, driver: { use, with: config }, dynamic }) => {
        if (dynamic === undefined) return []
        const left = dynamicPlacesLeft(dynamic, id, state.counters)
        const target = isFields(config) && typeof config["target"] === "string" ? `:${config["target"]}` : ""
        return [{ id, ...(role === undefined ? {} : { role }), driver: `${use}${target}`, left }]
      })
    },
    session: (id) => {
      const found = state.sessions.get(id)
      if (found === undefined) throw new Error(`the fleet has no session "${id}"`)
      return viewOf(found)
    },
  }
}
