/** Which branch and directory belong to which session: two sessions never share one, and a name tells whose it is. */

const plain = /[^A-Za-z0-9_-]/gu

/** What may stand in a branch and in a file name; ids of runs and sessions are that already. */
const encoded = (text: string): string =>
  text
    .toWellFormed()
    .replace(plain, (character) => encodeURIComponent(character).replace(/[!'()*.~]/gu, (left) => `%${left.charCodeAt(0).toString(16).toUpperCase()}`))

/** `worker[0]` is `worker.0`: no session is called that. */
export const sessionName = (session: string): string => {
  const instance = /^(.*)\[(\d+)\]$/su.exec(session)
  return instance === null ? encoded(session) : `${encoded(instance[1] ?? "")}.${instance[2]}`
}

export const runName = encoded

const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

const prefix = "fleetwright"

export const branchName = (run: string, session: string): string => `${prefix}/${runName(run)}/${sessionName(session)}`

/** Branches of a run, or of every run, as a pattern of `for-each-ref`. */
export const branchPattern = (run?: string): string => `refs/heads/${prefix}/${run === undefined ? "" : `${runName(run)}/`}`

/** Whose branch it is; undefined for others than ours. */
export const ownerOf = (branch: string): { readonly run: string; readonly session: string } | undefined => {
  const [first, run, session, ...rest] = branch.split("/")
  if (first !== prefix || run === undefined || session === undefined || rest.length > 0) return undefined
  return { run: decoded(run), session: decoded(session.replace(/\.(\d+)$/u, "[$1]")) }
}
