/**
 * The fleet of a conversation. A gate that waits for the last word keeps the run open; a rule on it that never fires, since the gate has no
 * time to expire, lets every session be spoken to again, so that its agent and its workspace stay (docs/decisions/0033-conversations.md).
 */
import { hashOf, type Ir, type Rule } from "#ir"

const opening = "chat.open"
const staying = "chat.stay"

/** A name that the fleet does not use. */
const gateFor = (ir: Ir): string => {
  const taken = JSON.stringify(ir.rules)
  let name = "conversation"
  while (taken.includes(JSON.stringify(name))) name += "_"
  return name
}

/** `begins`: its start sessions get the task at once; else nobody does anything until spoken to. */
export const asConversation = (ir: Ir, begins: boolean): Ir => {
  const gate = gateFor(ir)
  const prompt = "The conversation goes on until this is answered: approve ends it when what runs is done"
  const rules: ReadonlyArray<Rule> = [
    {
      id: opening,
      join: { kind: "event", leaf: 0, event: { source: "fleet" } },
      cases: [{ action: { kind: "gate", gate, prompt: { expr: { op: "literal", kind: "string", value: prompt }, type: { kind: "string" } } } }],
    },
    {
      id: staying,
      join: { kind: "event", leaf: 0, event: { source: "gate", gate, event: "expired" } },
      cases: [
        {
          action: {
            kind: "send",
            id: `${staying}.1`,
            to: ir.sessions.filter(({ instances }) => !instances).map(({ id }) => id),
            bySubtask: false,
            fresh: false,
          },
        },
      ],
    },
  ]
  const { joins, responders } = ir.claims
  const conversation: Ir = {
    ...ir,
    start: begins ? ir.start : [],
    rules: [...ir.rules, ...rules],
    // What people will ask for has no bound.
    claims: { joins, ...(responders === undefined ? {} : { responders: [...responders, { request: "gate", of: gate, by: "human" }] }) },
  }
  return { ...conversation, hash: hashOf(conversation) }
}

/** The gate that a conversation waits at; undefined for a run that is none. */
export const conversationGate = (ir: Ir): string | undefined => {
  const action = ir.rules.find(({ id }) => id === opening)?.cases[0]?.action
  return action?.kind === "gate" ? action.gate : undefined
}
