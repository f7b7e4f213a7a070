import type { ConfigSchema } from "#sdk"
import { failure } from "../../sdk/failure.ts"

/** Configuration as its hook takes it. Throws a failure of that kind for one that does not fit. */
export const configured = (schema: ConfigSchema<unknown> | undefined, value: unknown, kind: "driver_error" | "workspace_error"): unknown => {
  if (schema === undefined) return value
  const decoded = schema.decode(value)
  if (decoded.ok) return decoded.value
  throw failure(kind, `the configuration does not fit: ${decoded.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()).join("; ")}`)
}
