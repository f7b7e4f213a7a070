/** The user's own key: made when it is first needed, kept in a file that only the user may read, outside of every repository. */
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { makePrivateKey, readPrivateKey, type SigningKey } from "./keys.ts"

type Environment = { readonly [name: string]: string | undefined }

/** `$XDG_CONFIG_HOME/fleetwright/ed25519.pem`, else under `~/.config`; on Windows under `%APPDATA%`. */
export const keyPath = (env: Environment): string => {
  const home = env["XDG_CONFIG_HOME"] || (process.platform === "win32" ? env["APPDATA"] : undefined) || join(env["HOME"] || homedir(), ".config")
  return join(home, "fleetwright", "ed25519.pem")
}

export type StoredKey = { readonly ok: true; readonly key: SigningKey; readonly made: boolean } | { readonly ok: false; readonly problem: string }

/** The private key in a file. Refused when others may read it. */
export const readKey = async (path: string): Promise<StoredKey> => {
  try {
    const { mode } = await stat(path)
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      return { ok: false, problem: `${path}: others may read this private key; chmod 600 it, or make a new one if they may have` }
    const key = await readPrivateKey(await readFile(path, "utf8"))
    return key === undefined ? { ok: false, problem: `${path}: this is no Ed25519 private key (PKCS #8, PEM)` } : { ok: true, key, made: false }
  } catch (error) {
    return { ok: false, problem: `${path}: it cannot be read: ${messageOf(error)}` }
  }
}

/** The key at `path`; a new one when there is none. Two that make one at once get the same. */
export const keyAt = async (path: string): Promise<StoredKey> => {
  if (await exists(path)) return readKey(path)
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(draft, await makePrivateKey(), { mode: 0o600, flag: "wx" })
    await chmod(draft, 0o600)
    // whole or not at all, and never in the place of another
    const made = await link(draft, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false
        throw error
      },
    )
    const stored = await readKey(path)
    return stored.ok ? { ...stored, made } : stored
  } catch (error) {
    return { ok: false, problem: `${path}: no key can be kept there: ${messageOf(error)}` }
  } finally {
    await rm(draft, { force: true })
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  )

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
