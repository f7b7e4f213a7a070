/** A driver under another name: the one it is, told some of what a session would have to say. */
import type { Json } from "#ir"
import { fieldsOf, openTaking, type Driver, type DriverCapabilities, type DriverContext, type Fields } from "#sdk"

export interface Preset {
  /** The configuration of the driver, from what the session says; `context` only when the driver is opened. */
  readonly config: (given: Fields, context?: DriverContext<unknown>) => Json
  readonly capabilities?: Partial<DriverCapabilities>
  /** The configuration says which model: the driver is not told again. */
  readonly ownModel?: boolean
  readonly env?: (context: DriverContext<unknown>) => { readonly [name: string]: string }
}

/** Its keys are those of the driver. */
export const preset = (driver: Driver, { config, capabilities = {}, ownModel = false, env }: Preset): Driver => {
  const { config: schema } = driver
  const adapt = (context: DriverContext<unknown>): DriverContext<unknown> => {
    const { model, ...rest } = context
    const told = model === undefined || ownModel ? {} : { model }
    return { ...rest, ...told, env: { ...context.env, ...env?.(context) }, config: config(fieldsOf(context.config as Json), context) }
  }
  const able = { ...driver.capabilities, ...capabilities }
  return {
    capabilities: able,
    ...(schema === undefined
      ? {}
      : {
          config: {
            keys: schema.keys,
            jsonSchema: { type: "object" },
            decode: (value) => {
              const result = schema.decode(config(fieldsOf(value as Json)))
              return result.ok ? { ok: true, value } : result
            },
          },
        }),
    open: (context) => openTaking(able, driver.open(adapt(context))),
  }
}
