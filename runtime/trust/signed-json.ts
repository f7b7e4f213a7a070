/** A signature inside of a JSON document, as CycloneDX has it (JSON Signature Format 0.82): over its canonical form (RFC 8785) without the signature's value. */
import { canonicalValue, type Json } from "#ir"
import type { PublicKey, SigningKey } from "./keys.ts"

type Document = { readonly [key: string]: Json }

const bytesOf = (document: Document): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(canonicalValue(document)))

/** The document with a `signature` over its canonical JSON, everything of the signature but its value included. */
export const signJson = async (document: Document, key: SigningKey): Promise<Document> => {
  const { id, x } = key.public
  const signature = { algorithm: "Ed25519", keyId: id, publicKey: { kty: "OKP", crv: "Ed25519", x } }
  const value = await key.sign(bytesOf({ ...document, signature }))
  return { ...document, signature: { ...signature, value: Buffer.from(value).toString("base64url") } }
}

/** The document without its signature, once that is one of the key; undefined when it is not. The key that the document itself names is not believed. */
export const openJson = async (document: Document, key: PublicKey): Promise<Document | undefined> => {
  const { signature, ...rest } = document
  if (typeof signature !== "object" || signature === null || !("value" in signature)) return undefined
  const { value, ...unsigned } = signature
  if (typeof value !== "string" || unsigned["algorithm"] !== "Ed25519") return undefined
  const genuine = await key.verify(new Uint8Array(Buffer.from(value, "base64url")), bytesOf({ ...rest, signature: unsigned }))
  return genuine ? rest : undefined
}
