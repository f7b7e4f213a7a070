/** Globs over text that is no file path of ours: `*` any run of characters but `/`, `**` any run at all, `?` one character. Linear in the text. */
import { pattern } from "#ir"

/** `slash: false` when `/` is a character like any other, as in commands. */
export const glob = (source: string, { slash = true }: { readonly slash?: boolean } = {}): ((text: string) => boolean) => {
  const one = slash ? "[^/]" : "[\\s\\S]"
  const translated = source.replaceAll(/\*\*\/|\*+|\?|[^*?]/g, (part) => {
    if (part === "**/" && slash) return "(?:[\\s\\S]*/)?"
    if (part.startsWith("*")) return part.startsWith("**") ? "[\\s\\S]*" : `${one}*`
    return part === "?" ? one : /[A-Za-z0-9_]/.test(part) ? part : escaped(part)
  })
  const compiled = pattern(`^${translated}$`)
  return compiled.ok ? compiled.test : (text) => text === source
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
