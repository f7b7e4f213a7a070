/** The two streams. A reader that went away early ends the printing, never the command. */

for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error
  })

const write = (stream: NodeJS.WriteStream, text: string): void => {
  if (stream.writable && text !== "") stream.write(text)
}

export const out = (text: string): void => write(process.stdout, text)

export const err = (text: string): void => write(process.stderr, text)

/** Resolves when what was printed has left the process. */
export const flushed = async (): Promise<void> => {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writable && stream.writableLength > 0) await new Promise<void>((done) => { stream.write("", () => done()) })
}

/** Colours only for a terminal whose user has not declined them (no-color.org). */
export const colors = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"
