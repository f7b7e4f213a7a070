/**
 * What a plugin throws where nobody waits for it: in a timer, a listener, a promise that it forgot. The runtime would end the process, and the run with
 * all its other sessions; it is told instead, with the plugin's name. What is not a plugin's stays as fatal as it was.
 */
import { pathToFileURL } from "node:url"

interface Known {
  readonly name: string
  readonly marks: ReadonlyArray<string>
}

const plugins = new Map<string, Known>()
/** A plugin that fails in a loop is told of often enough. */
const mostTold = 20
let told = 0

/** Whose it is, by the files on its stack; what has none (a rejected text, say) is no error of ours. */
const culprit = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || error.stack === undefined) return `one of the plugins ${[...plugins.keys()].join(", ")}`
  const { stack } = error
  const known = [...plugins.values()].find(({ marks }) => marks.some((mark) => stack.includes(mark)))
  return known === undefined ? undefined : `plugin ${known.name}`
}

const messageOf = (error: unknown): string => {
  try {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""
  } catch {
    return "what cannot be read"
  }
}

const tell = (name: string, error: unknown): void => {
  told += 1
  if (told <= mostTold)
    process.stderr.write(
      `${name}: an error that nobody waits for: ${messageOf(error)}; the run goes on${told === mostTold ? " (further ones are not told)" : ""}\n`,
    )
}

const onError =
  (event: "uncaughtException" | "unhandledRejection") =>
  (error: unknown): void => {
    const name = culprit(error)
    if (name !== undefined) return tell(name, error)
    // somebody else looks at them, as test runners do
    if (process.listenerCount(event) > 1) return
    process.off("uncaughtException", uncaught)
    process.off("unhandledRejection", unhandled)
    // as if nobody had listened
    setImmediate(() => {
      throw error
    })
  }

const uncaught = onError("uncaughtException")
const unhandled = onError("unhandledRejection")

/** From now on errors from these files are a plugin's. */
export const knowPlugin = (name: string, files: Iterable<string>): void => {
  if (plugins.size === 0) {
    process.on("uncaughtException", uncaught)
    process.on("unhandledRejection", unhandled)
  }
  plugins.set(name, { name, marks: [...files].flatMap((file) => [pathToFileURL(file).href, file]) })
}
