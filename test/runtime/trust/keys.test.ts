import { createPublicKey, generateKeyPairSync, sign as nodeSign, verify as nodeVerify } from "node:crypto"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Json } from "#ir"
import {
  keyAt,
  keyPath,
  makePrivateKey,
  openJson,
  readKey,
  readPrivateKey,
  readPublicKey,
  seal,
  signJson,
  unseal,
  type SigningKey,
} from "#runtime/trust/index.ts"

const folder = mkdtempSync(join(tmpdir(), "keys-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const made = async (): Promise<SigningKey> => {
  const key = await readPrivateKey(await makePrivateKey())
  if (key === undefined) throw new Error("what was made is no key")
  return key
}

let key: SigningKey
let other: SigningKey
beforeAll(async () => {
  key = await made()
  other = await made()
})

describe("keys", () => {
  it("are those that other programs read and write", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519")
    const ours = await readPrivateKey(String(privateKey.export({ type: "pkcs8", format: "pem" })))
    expect(ours?.public.pem).toBe(publicKey.export({ type: "spki", format: "pem" }))
    expect(ours?.public.x).toBe(publicKey.export({ format: "jwk" }).x)
    const bytes = new Uint8Array(Buffer.from("said"))
    expect(await ours?.public.verify(new Uint8Array(nodeSign(null, bytes, privateKey)), bytes)).toBe(true)
  })

  it("have the same public half by either way", async () => {
    const read = await readPublicKey(key.public.pem)
    expect([read?.id, read?.x, read?.pem]).toEqual([key.public.id, key.public.x, key.public.pem])
  })

  it.each([
    ["nothing", ""],
    ["no key in it", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ["another kind", String(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" }))],
  ])("refuses %s", async (_, pem) => {
    expect(await readPrivateKey(pem)).toBeUndefined()
    expect(await readPublicKey(pem.replaceAll("PRIVATE", "PUBLIC"))).toBeUndefined()
  })
})

describe("the user's own key", () => {
  it.skipIf(process.platform === "win32")("is where the user's configuration is", () => {
    expect(keyPath({ XDG_CONFIG_HOME: "/c", HOME: "/h" })).toBe("/c/fleetwright/ed25519.pem")
    expect(keyPath({ XDG_CONFIG_HOME: "", HOME: "/h" })).toBe("/h/.config/fleetwright/ed25519.pem")
  })

  it("is made once, whoever asks first, and nobody else may read it", async () => {
    const path = keyPath({ XDG_CONFIG_HOME: join(folder, "config") })
    const stored = await Promise.all([keyAt(path), keyAt(path), keyAt(path)])
    const again = await keyAt(path)
    const ids = [...stored, again].map((one) => (one.ok ? one.key.public.id : one.problem))
    expect(new Set(ids).size).toBe(1)
    expect([...stored, again].filter((one) => one.ok && one.made)).toHaveLength(1)
    expect(again).toMatchObject({ ok: true, made: false })
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it.skipIf(process.platform === "win32")("is not used when others may read it, and not made again", async () => {
    const path = join(folder, "open.pem")
    writeFileSync(path, await makePrivateKey())
    chmodSync(path, 0o644)
    const before = readFileSync(path, "utf8")
    expect(await keyAt(path)).toEqual({ ok: false, problem: `${path}: others may read this private key; chmod 600 it, or make a new one if they may have` })
    expect(readFileSync(path, "utf8")).toBe(before)
  })

  it("says what is wrong with a file", async () => {
    const path = join(folder, "no.pem")
    writeFileSync(path, "no key", { mode: 0o600 })
    expect(await readKey(path)).toEqual({ ok: false, problem: `${path}: this is no Ed25519 private key (PKCS #8, PEM)` })
    expect(await readKey(join(folder, "none"))).toMatchObject({ ok: false })
    mkdirSync(join(folder, "directory"), { mode: 0o700 })
    expect(await keyAt(join(folder, "directory"))).toMatchObject({ ok: false })
  })
})

describe("an envelope", () => {
  it("is signed as DSSE says, so that others can verify it", async () => {
    const {
      payload,
      payloadType,
      signatures: [first],
    } = await seal("hello world", key, "http://example.com/HelloWorld")
    expect([payloadType, Buffer.from(payload, "base64").toString()]).toEqual(["http://example.com/HelloWorld", "hello world"])
    const signed = Buffer.from("DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    expect(nodeVerify(null, signed, createPublicKey(key.public.pem), Buffer.from(first?.sig ?? "", "base64"))).toBe(true)
    expect(first?.keyid).toBe(key.public.id)
  })

  it("opens with the key that signed it, whatever stands before in the list", async () => {
    const whole = await seal("äöü", key)
    const second = await seal("äöü", other)
    expect(await unseal(whole, key.public)).toBe("äöü")
    expect(await unseal({ ...whole, signatures: [...second.signatures, { keyid: "", sig: "" }, ...whole.signatures] }, key.public)).toBe("äöü")
  })

  it("does not open with another key, and not when anything was changed", async () => {
    const whole = await seal("text", key)
    expect(await unseal(whole, other.public)).toBeUndefined()
    expect(await unseal({ ...whole, payload: Buffer.from("test").toString("base64") }, key.public)).toBeUndefined()
    expect(await unseal({ ...whole, payloadType: "text/plain" }, key.public)).toBeUndefined()
    expect(await unseal({ ...whole, signatures: [] }, key.public)).toBeUndefined()
  })
})

describe("a signature inside of a document", () => {
  const document = { b: [1, "ü"], a: { z: null, y: true } }

  it("is over the canonical form, so that others can verify it", async () => {
    const signed = await signJson(document, key)
    const { signature } = signed
    const value =
      typeof signature === "object" && signature !== null && "value" in signature && typeof signature["value"] === "string" ? signature["value"] : ""
    const text = `{"a":{"y":true,"z":null},"b":[1,"ü"],"signature":{"algorithm":"Ed25519","keyId":"${key.public.id}","publicKey":{"crv":"Ed25519","kty":"OKP","x":"${key.public.x}"}}}`
    expect(nodeVerify(null, Buffer.from(text), createPublicKey(key.public.pem), Buffer.from(value, "base64url"))).toBe(true)
  })

  it("does not depend on the order of keys or on white space", async () => {
    const { signature = null } = await signJson(document, key)
    const turned: { readonly [key: string]: Json } = JSON.parse(JSON.stringify({ signature, a: { y: true, z: null }, b: [1, "ü"] }, null, 3))
    expect(await openJson(turned, key.public)).toEqual(document)
  })

  it("does not hold for another document, another key, or a key that the document brings along", async () => {
    const signed = await signJson(document, key)
    const theirs = await signJson(document, other)
    expect(await openJson({ ...signed, b: [] }, key.public)).toBeUndefined()
    expect(await openJson(theirs, key.public)).toBeUndefined()
    expect(await openJson({ ...signed, c: 1 }, key.public)).toBeUndefined()
    expect(await openJson(document, key.public)).toBeUndefined()
    expect(await openJson({ ...document, signature: { algorithm: "none", value: "" } }, key.public)).toBeUndefined()
  })
})
