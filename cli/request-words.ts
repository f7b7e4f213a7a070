/** A request as people read it and answer it: what is asked in a few words, and the words that are an answer. */
import type { Json } from "#ir"
import { fieldsOf, listOf } from "#plugins/sdk/json.ts"
import type { OpenRequest } from "#runtime"
import { printable } from "./text-width.ts"

export type ReadReply = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string }

type Words = ReadonlyMap<string, Json>

const wordsOf = (words: { readonly [word: string]: Json }): Words => new Map(Object.entries(words))

const permission = wordsOf({ y: "allow_once", always: "allow_always", n: "deny" })
const permissionToo = wordsOf({ yes: "allow_once", no: "deny", allow: "allow_once", allow_once: "allow_once", allow_always: "allow_always", deny: "deny" })
const gate = wordsOf({ y: "approve", n: "reject" })
const gateToo = wordsOf({ yes: "approve", no: "reject", approve: "approve", reject: "reject" })
const breakpoint = wordsOf({ c: "continue", cancel: "cancel" })
const breakpointToo = wordsOf({ continue: "continue" })
const none: Words = new Map()

/** What an agent lets people choose from; other texts may be answers too. */
const offered = ({ kind, detail }: OpenRequest): ReadonlyArray<{ readonly id: Json; readonly label: string }> =>
  kind !== "question"
    ? []
    : listOf(fieldsOf(fieldsOf(detail)["form"])["oneOf"]).flatMap((choice) => {
        const { const: id, title } = fieldsOf(choice)
        return id === undefined ? [] : [{ id, label: typeof title === "string" ? title : JSON.stringify(id) }]
      })

const candidates = ({ detail }: OpenRequest): Words =>
  new Map(listOf(fieldsOf(detail)["candidates"]).flatMap((candidate) => (typeof candidate === "string" ? [[candidate, candidate] as const] : [])))

/** The words that answer, and those that do too and need not be shown. None where any text answers. */
const wordsFor = (request: OpenRequest): { readonly shown: Words; readonly too: Words } => {
  switch (request.kind) {
    case "permission":
      return { shown: permission, too: permissionToo }
    case "gate":
      return { shown: gate, too: gateToo }
    case "breakpoint":
      return { shown: breakpoint, too: breakpointToo }
    case "selection":
      return { shown: candidates(request), too: none }
    default:
      return { shown: none, too: none }
  }
}

/** `y/always/n`; empty where any text answers. */
export const choicesOf = (request: OpenRequest): string => [...wordsFor(request).shown.keys()].join("/")

/** What the text answers. A choice that an agent offers may be given by its number. */
export const readReply = (request: OpenRequest, text: string): ReadReply => {
  const said = text.trim()
  const { shown, too } = wordsFor(request)
  const value = shown.get(said) ?? shown.get(said.toLowerCase()) ?? too.get(said.toLowerCase())
  if (value !== undefined) return { ok: true, value }
  if (shown.size > 0) return { ok: false, problem: `${request.request} is answered with ${[...shown.keys()].join(", ")}` }
  if (said === "") return { ok: false, problem: `${request.request} is answered with a text` }
  const choices = offered(request)
  const chosen = /^[1-9]\d*$/u.test(said) ? choices[Number(said) - 1] : choices.find(({ label }) => label === said)
  return { ok: true, value: chosen?.id ?? said }
}

const longest = 500

/** What a tool does, or is to do, in the word that says most: its command, or the place it is about. Undefined where it has none. */
export const intentOf = (input: Json | undefined): string | undefined => {
  const { command, cmd, file_path, path, pattern, url } = fieldsOf(input)
  const [told] = [command, cmd, file_path, path, pattern, url].filter((one) => one !== undefined)
  if (Array.isArray(told)) return told.map(String).join(" ")
  return typeof told === "string" ? told : undefined
}

const asksFor = (request: OpenRequest): string => {
  const intent = fieldsOf(request.detail)["intent"] ?? null
  return intent === null ? "" : (intentOf(intent) ?? JSON.stringify(intent))
}

/** One line: what is asked, with what the agent wants to do, and what can be chosen. Safe for a terminal. */
export const questionOf = (request: OpenRequest): string => {
  const { kind, prompt, session } = request
  const who = session === undefined ? "" : ` of ${session}`
  const choices = offered(request).map(({ label }, at) => `${at + 1} = ${label}`)
  const asked = kind === "permission" ? [prompt ?? "", asksFor(request)].filter((part) => part !== "").join(": ") : (prompt ?? "")
  const listed = choices.length === 0 ? "" : ` [${choices.join(", ")}]`
  return printable(`${kind}${who}${asked === "" && listed === "" ? "" : `: ${asked}${listed}`}`, longest)
}
