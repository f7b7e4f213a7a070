import type { Ir } from "#ir"

/** Secrets that sessions name and nobody set, a line each: their agents may do without, but whoever forgot wants to know now. */
export const missingSecrets = ({ sessions }: Ir, env: NodeJS.ProcessEnv): string =>
  sessions
    .flatMap((session) =>
      Object.values(session.env).flatMap((entry) =>
        "from" in entry && entry.secret === true && env[entry.from] === undefined ? [`${entry.from} is not set: ${session.id} goes without it\n`] : [],
      ),
    )
    .join("")
