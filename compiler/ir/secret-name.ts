/** Names of environment variables that say that what they hold is a secret. */
const secretName = /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i

export const isSecretName = (name: string): boolean => secretName.test(name)
