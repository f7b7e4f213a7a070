/** Prints the canonical form and the hash of values that engines might spell in different ways. A program of its own, for Node and for Deno. */
import { canonicalValue } from "../../../compiler/ir/canonical.ts"
import { sha256Hex } from "../../../compiler/ir/hash.ts"
import type { Json } from "../../../compiler/ir/model.ts"

export const values: ReadonlyArray<Json> = [
  null,
  true,
  "",
  "é",
  "e\u0301",
  "\u2028\u2029\ud800",
  '\u0000\u001f\u007f"\\/',
  "👩‍👩‍👧",
  -0,
  0,
  1,
  -1.5,
  1e21,
  1e-7,
  123456789012345680000,
  5e-324,
  1.7976931348623157e308,
  0.1 + 0.2,
  2 ** 53,
  [],
  {},
  [[], {}],
  { b: 1, a: 2 },
  { "10": 1, "9": 2, "1": 3, a: 4, Z: 5, é: 6, "😀": 7, "\ufb00": 8, "": 9 },
  JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
  { a: { c: [1, { z: 1, y: 2 }], b: null } },
]

if (import.meta.main) for (const value of values) console.log(`${canonicalValue(value)} ${sha256Hex(canonicalValue(value))}`)
