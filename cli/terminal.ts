/** The two streams. A reader that went away early ends the printing, never the command: who cares listens with `onReaderGone`. */

const gone = new Map<NodeJS.WriteStream, Array<() => void>>([
  [process.stdout, []],
  [process.stderr, []],
])
/** A pipe without a reader, and a terminal that was hung up. */
const departures = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "EIO", "ENXIO"])

for (const [stream, listeners] of gone)
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!departures.has(error.code ?? "")) throw error
    for (const listener of listeners.splice(0)) listener()
  })

/** Calls once when whoever reads standard output has gone; learned at the next write. */
export const onReaderGone = (then: () => void): void => {
  gone.get(process.stdout)?.push(then)
}

const write = (stream: NodeJS.WriteStream, text: string | Uint8Array): void => {
  if (stream.writable && text.length > 0) stream.write(text)
}

/** Bytes as they are: not all that is printed is UTF-8. */
export const out = (text: string | Uint8Array): void => write(process.stdout, text)

export const err = (text: string): void => write(process.stderr, text)

/** Resolves when what was printed has left the process. */
export const flushed = async (): Promise<void> => {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writable && stream.writableLength > 0)
      await new Promise<void>((done) => {
        stream.write("", () => done())
      })
}

/** Colours only for a terminal whose user has not declined them (no-color.org). */
export const colors = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"
