/** SHA-256, synchronous and the same in every host. */
import { sha256 } from "@noble/hashes/sha2.js"
import { canonicalJson } from "./canonical.ts"
import type { Ir } from "./model.ts"

/** Lower-case hex of the SHA-256 of the text in UTF-8. */
export const sha256Hex = (text: string): string => Array.from(sha256(new TextEncoder().encode(text)), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** The hash of an IR: over its canonical form without `hash`. */
export const hashOf = (ir: Omit<Ir, "hash">): string => sha256Hex(canonicalJson({ ...ir, hash: undefined }))
