import { secretsNamed, type Ir } from "#ir"

/** Secrets that sessions name and nobody set, a line each: their agents may do without, but whoever forgot wants to know now. */
export const missingSecrets = ({ sessions }: Ir, env: NodeJS.ProcessEnv): string =>
  sessions
    .flatMap((session) =>
      [...new Set(Object.values(session.env).flatMap(secretsNamed))].flatMap((secret) =>
        env[secret] === undefined ? [`${secret} is not set: ${session.id} goes without it\n`] : [],
      ),
    )
    .join("")
