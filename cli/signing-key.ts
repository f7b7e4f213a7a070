/** The key that documents are signed with: the one that `--key` names, else the user's own. */
import { keyAt, keyPath, readKey, type SigningKey } from "#runtime/trust/index.ts"
import { NotStarted } from "./exit.ts"
import { err } from "./terminal.ts"

/** Made when there is none yet, which is told. */
export const signingKey = async (named: string | undefined): Promise<SigningKey> => {
  const path = named ?? keyPath(process.env)
  const stored = await (named === undefined ? keyAt(path) : readKey(path))
  if (!stored.ok) throw new NotStarted(stored.problem)
  if (stored.made) err(`made a key to sign with, ${path}; its public half for those who verify:\n${stored.key.public.pem}`)
  return stored.key
}
