/** What plugins say that they touch, held against what Deno grants: some of it would fail where nobody waits for it, as in a sink. */
import type { Ir } from "#ir"

const subjects = { read: "path", write: "path", net: "host", run: "command", env: "variable" } as const
type Kind = keyof typeof subjects

type Query = (descriptor: { readonly [key: string]: string }) => { readonly state: string }

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null

/** Undefined where nobody has to be asked. */
const query = (): Query | undefined => {
  const deno: unknown = Reflect.get(globalThis, "Deno")
  const permissions = isRecord(deno) ? deno["permissions"] : undefined
  const ask = isRecord(permissions) ? permissions["querySync"] : undefined
  return typeof ask === "function" ? (descriptor) => ask.call(permissions, descriptor) : undefined
}

const isGranted = (ask: Query, kind: Kind, what: string): boolean => {
  try {
    return ask({ name: kind, [subjects[kind]]: what }).state === "granted"
  } catch {
    // What Deno does not understand it cannot withhold by name.
    return true
  }
}

/** Throws as Deno does for the first permission that is missing, before anything of a plugin runs. */
export const mustBeGranted = (ir: Ir): void => {
  const ask = query()
  if (ask === undefined) return
  for (const { name, from, capabilities } of ir.plugins) {
    if (from.startsWith("builtin:")) continue
    for (const kind of ["read", "write", "net", "run", "env"] as const)
      for (const what of capabilities[kind])
        if (!isGranted(ask, kind, what)) {
          const message = `Requires ${kind} access to ${JSON.stringify(what)} for the plugin ${name}, run again with the --allow-${kind} flag`
          throw Object.assign(new Error(message), { name: "NotCapable" })
        }
  }
}
