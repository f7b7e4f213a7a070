/** DSSE envelopes (Dead Simple Signing Envelope, version 1): a payload, what kind it is, and signatures over both. */
import type { PublicKey, SigningKey } from "./keys.ts"

export const inTotoType = "application/vnd.in-toto+json"

export interface Envelope {
  /** Base64, as the signatures. */
  readonly payload: string
  readonly payloadType: string
  readonly signatures: ReadonlyArray<{ readonly keyid: string; readonly sig: string }>
}

/** What is signed: lengths before parts, so that no other pair of them reads the same. */
const preAuthEncoding = (type: string, payload: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]))

/** The payload signed with the key. */
export const seal = async (payload: string, key: SigningKey, payloadType: string = inTotoType): Promise<Envelope> => {
  const bytes = Buffer.from(payload)
  const signature = await key.sign(preAuthEncoding(payloadType, bytes))
  return { payload: bytes.toString("base64"), payloadType, signatures: [{ keyid: key.public.id, sig: Buffer.from(signature).toString("base64") }] }
}

/** What reads leniently could be written in many ways; one of them is what was signed. Both alphabets count. */
const decoded = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const bytes = Buffer.from(text, "base64")
  return text === bytes.toString("base64") || text.replace(/={1,2}$/, "") === bytes.toString("base64url") ? new Uint8Array(bytes) : undefined
}

/** The payload, once a signature of the key was found; undefined when there is none. */
export const unseal = async ({ payload, payloadType, signatures }: Envelope, key: PublicKey): Promise<string | undefined> => {
  const bytes = decoded(payload)
  if (bytes === undefined) return undefined
  const signed = preAuthEncoding(payloadType, bytes)
  for (const signature of signatures.map(({ sig }) => decoded(sig)))
    if (signature !== undefined && (await key.verify(signature, signed))) return Buffer.from(bytes).toString("utf8")
  return undefined
}

type Fields = { readonly [key: string]: unknown }
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether it has the form of one; `unseal` says whether to believe it. */
export const isEnvelope = (value: unknown): value is Envelope =>
  isFields(value) &&
  typeof value["payload"] === "string" &&
  typeof value["payloadType"] === "string" &&
  Array.isArray(value["signatures"]) &&
  value["signatures"].every((one: unknown) => isFields(one) && typeof one["sig"] === "string")
