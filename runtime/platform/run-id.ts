/** Run ids sort by the time they were made and are never the same twice: 9 characters of time, 8 of chance, in lowercase base 36. */

const digits = "0123456789abcdefghijklmnopqrstuvwxyz"

/** `random` are bytes of a cryptographic source, at least 8. */
export const runId = (at: number, random: Uint8Array): string => {
  const time = Math.max(0, Math.floor(at)).toString(36).padStart(9, "0")
  const chance = Array.from(random.subarray(0, 8), (byte) => digits[byte % 36]).join("")
  return `${time}-${chance}`
}

export const randomBytes = (count: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(count))
