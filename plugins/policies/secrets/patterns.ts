/** Secrets that can be told by their form. Written for one pass: no part of a pattern can match the same text in two ways. */
export interface SecretForm {
  readonly name: string
  readonly pattern: RegExp
}

export const secretForms: ReadonlyArray<SecretForm> = [
  { name: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?/g },
  { name: "an AWS access key", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: "a GitHub token", pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/g },
  { name: "a GitLab token", pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { name: "a Slack token", pattern: /\bxox[abposr]-[A-Za-z0-9-]{10,}/g },
  { name: "an Anthropic key", pattern: /\bsk-ant-[A-Za-z0-9_-]{20,}/g },
  { name: "an OpenAI key", pattern: /\bsk-(?!ant-)[A-Za-z0-9_-]{32,}/g },
  { name: "a Google API key", pattern: /\bAIza[0-9A-Za-z_-]{35}/g },
  { name: "a Stripe key", pattern: /\b[sr]k_(?:live|test)_[0-9a-zA-Z]{16,}/g },
  { name: "an npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "a JSON Web Token", pattern: /\beyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,}/g },
  { name: "a password in an address", pattern: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{1,100}:)[^\s:@/]{3,200}(?=@)/g },
]
