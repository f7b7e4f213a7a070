/** The model behind `llm`: a program that reads the prompt on its input and prints the answer, or an HTTP endpoint of the chat kind. */
import { failure, fieldsOf, isList, startProcess, textOf } from "#sdk"

export interface Asked {
  readonly system: string
  readonly prompt: string
  readonly directory: string
  readonly env: { readonly [name: string]: string }
  readonly signal: AbortSignal
}

/** More is no decision. */
const longest = 1_000_000

export const askProgram = async (command: ReadonlyArray<string>, { system, prompt, directory, env, signal }: Asked): Promise<string> => {
  const started = await startProcess({ command, directory, env, lineLimit: longest }).catch((error: unknown) => {
    throw failure(
      "routing_error",
      `the model's program ${JSON.stringify(command[0])} does not start: ${error instanceof Error ? error.message : String(error)}`,
    )
  })
  const stop = (): void => void started.stop(1000)
  signal.addEventListener("abort", stop)
  try {
    started.write(`${system}\n\n${prompt}\n`)
    started.endInput()
    let said = ""
    for await (const line of started.lines) {
      if (!line.ok) throw failure("routing_error", `the model's program prints ${line.problem}`)
      said += `${line.text}\n`
      if (said.length > longest) throw failure("routing_error", "the model's program prints more than 1 MB")
    }
    const { code } = await started.exited
    if (code !== 0 && !signal.aborted)
      throw failure("routing_error", `the model's program ends with code ${code}: ${started.complaints().trim().split("\n").at(-1) ?? ""}`)
    return said
  } finally {
    signal.removeEventListener("abort", stop)
    await started.stop(1000)
  }
}

export interface Endpoint {
  readonly url: string
  readonly model?: string
  /** Variable of the environment that holds a bearer token. */
  readonly tokenEnv?: string
}

/** Speaks the chat-completions form that most servers know; takes their answers, Anthropic's, or the decision itself. */
export const askEndpoint = async ({ url, model, tokenEnv }: Endpoint, { system, prompt, env, signal }: Asked): Promise<string> => {
  const token = tokenEnv === undefined ? undefined : (env[tokenEnv] ?? process.env[tokenEnv])
  if (tokenEnv !== undefined && token === undefined) throw failure("routing_error", `the environment has no ${tokenEnv}, which the model's endpoint needs`)
  const body = {
    ...(model === undefined ? {} : { model }),
    messages: [
      { role: "system", content: system },
      { role: "user", content: prompt },
    ],
  }
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal,
  }).catch((error: unknown) => {
    throw failure("routing_error", `the model's endpoint cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw failure("routing_error", `the model's endpoint answers with status ${response.status}`)
  }
  return contentOf(await boundedText(response))
}

/** Leaves off reading as soon as it is too much: nobody says that an answer ends. */
const boundedText = async ({ body }: Response): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > longest) throw failure("routing_error", "the model's endpoint answers with more than 1 MB")
  }
  return text + decoder.decode()
}

const contentOf = (text: string): string => {
  let value: Parameters<typeof fieldsOf>[0]
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  const { choices, content, text: plain } = fieldsOf(value)
  const message = fieldsOf(fieldsOf(isList(choices) ? choices[0] : undefined)["message"])["content"]
  const block = fieldsOf(isList(content) ? content[0] : undefined)["text"]
  return textOf(message) || textOf(block) || textOf(plain) || text
}
