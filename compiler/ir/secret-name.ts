/** Names of environment variables that say that what they hold is a secret. */
const secretName = /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i

/** Whether a variable of this name holds a secret: what checks warn of and runs hide. */
export const isSecretName = (name: string): boolean => secretName.test(name)
