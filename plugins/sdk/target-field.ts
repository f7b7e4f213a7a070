/** The configuration of a driver that is written `name:target`, as `acp:gemini` or `a2a:https://…`. */
import type { ConfigSchema } from "./config.ts"
import { textField } from "./fields.ts"

/** The compiler puts what follows the colon under `target`; a session has no such key, so it is not among `keys`. */
export const withTarget = <T>(options: ConfigSchema<T>, expected: string): ConfigSchema<T & { readonly target: string }> => ({
  keys: options.keys,
  jsonSchema: { type: "object", properties: { target: textField.jsonSchema }, required: ["target"] },
  decode: (value) => {
    const { target, ...rest }: { readonly target?: unknown } = typeof value === "object" && value !== null ? value : {}
    const [read, others] = [textField.read(target), options.decode(rest)]
    if (read === undefined) return { ok: false, issues: [{ message: `expected ${expected}`, path: ["target"] }] }
    return others.ok ? { ok: true, value: { ...others.value, target: read } } : others
  },
})
