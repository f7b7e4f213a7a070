/** Secrets that can be told by their form. Written for one pass: no part of a pattern can match the same text in two ways. */
export interface SecretForm {
  readonly name: string
  readonly pattern: RegExp
}

export const secretForms: ReadonlyArray<SecretForm> = [
  { name: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?/g },
  { name: "an AWS access key", pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])/g },
  { name: "an AWS secret key", pattern: /(?<=aws_?secret_?access_?key["']?\s{0,3}[:=]\s{0,3}["']?)[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])/gi },
  { name: "a GitHub token", pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})/g },
  { name: "a GitLab token", pattern: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}/g },
  { name: "a Slack token", pattern: /(?<![A-Za-z0-9])(?:xox[abeposr]|xapp)-[A-Za-z0-9-]{10,}/g },
  { name: "a Slack address", pattern: /(?<=hooks\.slack\.com\/services\/)T[A-Za-z0-9_]{6,}\/B[A-Za-z0-9_]{6,}\/[A-Za-z0-9_]{16,}/g },
  { name: "an Anthropic key", pattern: /(?<![A-Za-z0-9])sk-ant-[A-Za-z0-9_-]{20,}/g },
  { name: "an OpenAI key", pattern: /(?<![A-Za-z0-9])sk-(?!ant-)[A-Za-z0-9_-]{32,}/g },
  { name: "a Hugging Face token", pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{34,}/g },
  { name: "a Google API key", pattern: /(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}/g },
  { name: "a Google token", pattern: /(?<![A-Za-z0-9])ya29\.[0-9A-Za-z_-]{20,}/g },
  { name: "a Stripe key", pattern: /(?<![A-Za-z0-9])[sr]k_(?:live|test)_[0-9a-zA-Z]{16,}/g },
  { name: "a SendGrid key", pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}/g },
  { name: "an npm token", pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g },
  { name: "a PyPI token", pattern: /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{50,}/g },
  { name: "a Docker token", pattern: /(?<![A-Za-z0-9])dckr_pat_[A-Za-z0-9_-]{20,}/g },
  { name: "a JSON Web Token", pattern: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,}/g },
  { name: "an authorization", pattern: /(?<=authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token)\s{1,3})[A-Za-z0-9._~+/=-]{8,}/gi },
  { name: "a password in an address", pattern: /(?<=(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,100}:)[^\s@/]{3,200}(?=@)/gi },
]
