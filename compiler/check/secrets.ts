/** Keys and tokens in the text of a fleet. Texts are looked at as they stand in the file, comments included: all of it is committed. */
import { isSecretName } from "../ir/index.ts"
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { FleetDocument } from "../document/index.ts"
import type { SourceText } from "./model.ts"

/** Each begins where a word does and has a fixed beginning, so the search is linear in the text. */
const shapes: ReadonlyArray<readonly [string, RegExp]> = [
  ["an AWS access key", /(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])/],
  ["a GitHub token", /gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}/],
  ["a GitLab token", /glpat-[A-Za-z0-9_-]{20,255}/],
  ["an Anthropic key", /sk-ant-[A-Za-z0-9_-]{16,255}/],
  ["an OpenAI key", /sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,255}/],
  ["a Stripe key", /[rs]k_live_[A-Za-z0-9]{16,255}/],
  ["a Google key", /AIza[0-9A-Za-z_-]{35}/],
  ["a Slack token", /xox[abeoprs]-[A-Za-z0-9-]{10,255}/],
  ["an npm token", /npm_[A-Za-z0-9]{36}(?![0-9A-Za-z])/],
  ["a Hugging Face token", /hf_[A-Za-z0-9]{34}(?![0-9A-Za-z])/],
  ["a JSON web token", /eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}/],
  ["a private key", /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----/],
  ["a password in an address", /https?:\/\/[^\s/:@"'${}]{1,100}:[^\s/:@"'${}]{3,200}@[^\s/@"']{1,255}/],
]

const anyShape = new RegExp(`(?<![A-Za-z0-9_])(?:${shapes.map(([, shape]) => `(${shape.source})`).join("|")})`, "g")

const help = 'pass it on from the environment instead: env: { NAME: "${env.NAME}" }'

export const secretsInSource = (document: FleetDocument, sources: ReadonlyArray<SourceText>): ReadonlyArray<Diagnostic> => {
  const found = sources.flatMap(({ path, text }) =>
    [...text.matchAll(anyShape)].map((match) => {
      const [what] = shapes[match.slice(1).findIndex((group) => group !== undefined)] ?? ["a secret"]
      return diagnose("secret-in-source", { file: path, start: match.index, end: match.index + match[0].length }, { what }, { help })
    }),
  )
  const known = (start: number, end: number): boolean => found.some(({ span }) => span.file === document.file && span.start < end && start < span.end)
  const entries = [...new Set([document.defaults, ...document.sessions.map(({ settings }) => settings)].flatMap(({ env = [] }) => env))]
  const named = entries.filter(({ name, value }) => isSecretName(name.value) && isLiteral(value.value) && !known(value.span.start, value.span.end))
  return [
    ...found,
    ...named.map(({ name, value }) =>
      diagnose(
        "secret-in-source",
        value.span,
        { what: `the value of the secret "${name.value}"` },
        { help: `pass it on from the environment instead: ${name.value}: "\${env.${name.value}}"` },
      ),
    ),
  ]
}

/** Neither a variable to pass on, alone or in a text, nor a path, nor something too short to be a secret. */
const isLiteral = (value: string): boolean => value.length >= 8 && !/^[$/.~]|\$\{env\./.test(value)
