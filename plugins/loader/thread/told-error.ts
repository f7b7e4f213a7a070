/** Errors on their way between two threads: structured clones of them lose what they name. */
import type { ToldError } from "./protocol.ts"

const textOf = (value: object, field: string): string | undefined => {
  const found: unknown = field in value ? Reflect.get(value, field) : undefined
  return typeof found === "string" ? found : undefined
}

/** Never throws. Of a message all lines: who shows it knows how much of it. */
export const toldError = (error: unknown): ToldError => {
  try {
    if (typeof error !== "object" || error === null) return { message: String(error) }
    const [kind, code] = [textOf(error, "kind"), textOf(error, "code")]
    return {
      message: textOf(error, "message") || "failed without a message",
      ...(kind === undefined ? {} : { kind }),
      ...(code === undefined ? {} : { code }),
    }
  } catch {
    return { message: "it throws what cannot be read" }
  }
}

/** To throw. */
export const errorOf = ({ message, kind, code }: ToldError): Error =>
  Object.assign(new Error(message), kind === undefined ? {} : { kind }, code === undefined ? {} : { code })

/** The first line: what follows is often a stack. */
export const firstLine = (error: unknown): string => toldError(error).message.split("\n")[0] ?? ""
