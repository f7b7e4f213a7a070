/** Ed25519 keys, by WebCrypto. A key is text (PEM: PKCS #8 or SPKI), as `openssl genpkey -algorithm ed25519` writes it. */
import { createHash } from "node:crypto"

const { subtle } = globalThis.crypto
const algorithm = "Ed25519"

export interface PublicKey {
  /** SHA-256 in hex of the key's SPKI form. */
  readonly id: string
  readonly pem: string
  /** The key's 32 bytes, base64url: `x` of a JWK. */
  readonly x: string
  /** Whether `signature` is one of `bytes`. */
  readonly verify: (signature: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>) => Promise<boolean>
}

export interface SigningKey {
  readonly public: PublicKey
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>
}

/** A new private key. */
export const makePrivateKey = async (): Promise<string> => {
  const made = await subtle.generateKey(algorithm, true, ["sign", "verify"])
  if (!("privateKey" in made)) throw new TypeError("WebCrypto made no key pair")
  return pemOf("PRIVATE KEY", await subtle.exportKey("pkcs8", made.privateKey))
}

/** Undefined when the text is no Ed25519 private key. */
export const readPrivateKey = async (pem: string): Promise<SigningKey | undefined> => {
  try {
    const key = await subtle.importKey("pkcs8", bytesOf("PRIVATE KEY", pem), algorithm, true, ["sign"])
    const { x } = await subtle.exportKey("jwk", key)
    if (x === undefined) return undefined
    const own = await publicKey(await subtle.importKey("jwk", { kty: "OKP", crv: algorithm, x }, algorithm, true, ["verify"]), x)
    return { public: own, sign: async (bytes) => new Uint8Array(await subtle.sign(algorithm, key, bytes)) }
  } catch {
    return undefined
  }
}

/** Undefined when the text is no Ed25519 public key. */
export const readPublicKey = async (pem: string): Promise<PublicKey | undefined> => {
  try {
    const key = await subtle.importKey("spki", bytesOf("PUBLIC KEY", pem), algorithm, true, ["verify"])
    const { x } = await subtle.exportKey("jwk", key)
    return x === undefined ? undefined : await publicKey(key, x)
  } catch {
    return undefined
  }
}

const publicKey = async (key: CryptoKey, x: string): Promise<PublicKey> => {
  const spki = await subtle.exportKey("spki", key)
  return {
    id: createHash("sha256").update(new Uint8Array(spki)).digest("hex"),
    pem: pemOf("PUBLIC KEY", spki),
    x,
    verify: (signature, bytes) => subtle.verify(algorithm, key, signature, bytes),
  }
}

const pemOf = (label: string, bytes: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END ${label}-----\n`

/** Throws when the text has no such block. */
const bytesOf = (label: string, pem: string): Uint8Array<ArrayBuffer> => {
  const body = new RegExp(`^\\s*-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----\\s*$`).exec(pem)?.[1]
  if (body === undefined) throw new TypeError(`this is no ${label}`)
  return new Uint8Array(Buffer.from(body, "base64"))
}
