const letters: { readonly [letter: string]: string } = { a: "\x07", b: "\b", e: "\x1B", E: "\x1B", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

/** What `$'…'` stands for, given what is between the quotes; undefined for an escape that is not known. */
export const ansiText = (inner: string): string | undefined => {
  let known = true
  const text = inner.replaceAll(/\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([^]))/g, (_, x, u, wide, octal, other) => {
    const code = x ?? u ?? wide
    const number = code === undefined ? (octal === undefined ? undefined : Number.parseInt(String(octal), 8) & 0xff) : Number.parseInt(String(code), 16)
    if (number !== undefined) {
      if (number > 0 && number <= 0x10ffff) return String.fromCodePoint(number)
    } else {
      const letter = letters[String(other)] ?? (/[\\'"?]/.test(String(other)) ? String(other) : undefined)
      if (letter !== undefined) return letter
    }
    known = false
    return ""
  })
  return known ? text : undefined
}
