/** Gemini's `streamGenerateContent`: what Gemini CLI uses. */
import { parts, type Play, type Said } from "./script.ts"
import { bodyOf, freshId, listOf, stringOf, type Body, type Wire } from "./service.ts"

const partsOf = (content: unknown): ReadonlyArray<Body> => listOf(bodyOf(content)["parts"]).map(bodyOf)
const textOf = (content: unknown): string =>
  partsOf(content)
    .map(({ text }) => stringOf(text))
    .filter((text) => text !== "")
    .join("\n")

const saidOf = (content: unknown): Said => {
  const answer = partsOf(content).find(({ functionResponse }) => functionResponse !== undefined)
  if (answer !== undefined) return { role: "tool", text: JSON.stringify(bodyOf(answer["functionResponse"])["response"] ?? "") }
  return { role: bodyOf(content)["role"] === "model" ? "assistant" : "user", text: textOf(content) }
}

function* stream(_body: Body, step: Play): Iterable<readonly [string, Body]> {
  const [promptTokenCount, candidatesTokenCount] = [step.usage?.in ?? 100, step.usage?.out ?? 20]
  const usageMetadata = { promptTokenCount, candidatesTokenCount, totalTokenCount: promptTokenCount + candidatesTokenCount }
  const all: ReadonlyArray<Body> = [
    ...(step.think === undefined ? [] : [{ text: step.think, thought: true }]),
    ...(step.say === undefined ? [] : parts(step.say, step.chunks).map((text) => ({ text }))),
    ...step.tools.map(([name, args]) => ({ functionCall: { id: freshId("fn"), name, args } })),
  ]
  for (const [index, part] of all.entries()) {
    const finished = index === all.length - 1 ? { finishReason: "STOP" } : {}
    yield [
      "",
      { candidates: [{ index: 0, content: { role: "model", parts: [part] }, ...finished }], usageMetadata, modelVersion: "stand-in", responseId: freshId("g") },
    ]
  }
}

export const gemini: Wire = {
  name: "gemini",
  serves: (path) => path.endsWith(":streamGenerateContent"),
  model: (path) => /\/models\/([^:/]+):/u.exec(path)?.[1] ?? "",
  said: (body) => listOf(body["contents"]).map(saidOf),
  tools: (body) =>
    body["tools"] === undefined
      ? undefined
      : listOf(body["tools"])
          .flatMap((tool) => listOf(bodyOf(tool)["functionDeclarations"]))
          .map((each) => stringOf(bodyOf(each)["name"])),
  system: (body) => textOf(body["systemInstruction"]),
  refuse: ({ status, type = "UNKNOWN", message = "refused by the stand-in" }) => ({ error: { code: status, status: type, message } }),
  stream,
}
