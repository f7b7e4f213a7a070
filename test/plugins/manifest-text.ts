/** A CAP agent manifest that says the least, and more. */
export const manifest = (name: string, more = "", command: ReadonlyArray<string> = [name]): string => `
[agent]
name = "${name}"
binary = "${name}"
profiles = []
[startup]
command = ${JSON.stringify(command)}
ready_when = { pattern = "^> $" }
[pty]
cols = 80
rows = 24
[capabilities]
streaming_output = true
${more}
`
