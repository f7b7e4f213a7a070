/** What people answer. A reply carries the id of its request; one that comes too late or does not fit changes nothing. */
import { passBreakpoint } from "./breakpoints.ts"
import type { Fact } from "./protocol.ts"
import { onReviewed } from "./recovery.ts"
import { answerAgent, closeRequest } from "./requests.ts"
import { cancelActivation } from "./settling.ts"
import type { RequestState } from "./state.ts"
import type { Transition } from "./transition.ts"

const permissions: ReadonlyArray<string> = ["allow_once", "allow_always", "allow", "deny", "deny_always"]
const gateEvents: ReadonlyMap<string, "approved" | "rejected" | "expired"> = new Map([
  ["approve", "approved"],
  ["reject", "rejected"],
  ["expire", "expired"],
])

/** What answers a request; undefined where anything does. */
const answersTo = ({ kind, candidates, timer }: RequestState): ReadonlyArray<string> | undefined => {
  switch (kind) {
    case "permission":
      return permissions
    case "selection":
      return candidates ?? []
    case "gate":
      // who knows that nobody will come need not wait for it; a gate without a time cannot expire
      return [...gateEvents.keys()].filter((value) => value !== "expire" || timer !== undefined)
    case "breakpoint":
      return ["continue", "cancel"]
    case "question":
    case "rpc":
      return undefined
  }
}

export const onReply = (step: Transition, fact: Extract<Fact, { type: "reply" }>): void => {
  const request = step.now.requests.get(fact.request)
  // what a routing plugin is asked is not for people
  if (request === undefined || request.tokens !== undefined) return step.reject("unknown_request", `there is no request ${fact.request}`)
  if (!request.open) {
    return request.withdrawn === true
      ? step.reject("not_waiting", `request ${fact.request} was withdrawn`)
      : step.reject("already_answered", `request ${fact.request} is answered already`)
  }
  const answers = answersTo(request)
  const answer = answers?.find((one) => one === fact.value)
  if (answers !== undefined && answer === undefined) {
    return step.reject("invalid_reply", `this is no answer to a ${request.kind} request: expected ${answers.join(", ")}`)
  }
  step.emit({ type: "request.answered", request: request.id, by: fact.by, reply: fact.value })
  closeRequest(step, request, "answered")
  answerAgent(step, request, fact.value)
  if (request.gate !== undefined) step.occurrences.push({ source: "gate", gate: request.gate, event: gateEvents.get(answer ?? "") ?? "rejected" })
  if (request.review === true && request.session !== undefined) onReviewed(step, request.session, fact.value === "approve", fact.by === "headless")
  if (request.kind === "selection") {
    step.now.selection = fact.value
    giveBackCandidates(step, request.candidates ?? [])
    step.occurrences.push({ source: "human" })
  }
  if (request.kind === "breakpoint" && request.session !== undefined) {
    if (fact.value === "cancel") cancelActivation(step, request.session, { code: "breakpoint", detail: `by ${fact.by}` }, "stays")
    else passBreakpoint(step, request.session)
  }
}

/** The choice is made: the workspaces that were kept for it are not needed, unless another choice is open. */
const giveBackCandidates = (step: Transition, candidates: ReadonlyArray<string>): void => {
  const wanted = new Set([...step.now.runRequests.keys()].flatMap((id) => step.now.requests.get(id)?.candidates ?? []))
  for (const id of candidates) {
    const session = step.session(id)
    if (session?.status !== "done" || wanted.has(id) || step.plan.repeatable.has(session.declared)) continue
    step.command({ type: "session.close", session: id, workspace: "release" })
  }
}

/** The answer to the open selection without its id. */
export const onSelect = (step: Transition, fact: Extract<Fact, { type: "select" }>): void => {
  const open = [...step.now.runRequests.keys()].filter((id) => step.now.requests.get(id)?.kind === "selection")
  const [request] = open
  if (request === undefined) return step.reject("not_waiting", "no selection is open")
  if (open.length > 1) return step.reject("invalid_reply", `${open.length} selections are open: reply to one of ${open.join(", ")}`)
  onReply(step, { type: "reply", at: fact.at, request, value: fact.session, by: fact.by })
}
