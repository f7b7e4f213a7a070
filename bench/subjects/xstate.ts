/**
 * One actor per session: a machine with the states idle, working and done, that sends its answer to the next actor. The
 * answer is given at once, without an invoked promise: that would be a second actor per session.
 */
import { assign, createActor, sendTo, setup, toPromise } from "xstate"
import type { AnyActorRef } from "xstate"
import type { Engine } from "../contract.ts"

interface Prompt {
  readonly type: "prompt"
  readonly value: number
}

const session = setup({
  types: {
    context: {} as { readonly next: AnyActorRef; readonly add: number; readonly answer: number },
    events: {} as Prompt,
    input: {} as { readonly next: AnyActorRef; readonly add: number },
  },
}).createMachine({
  context: ({ input }) => ({ ...input, answer: 0 }),
  initial: "idle",
  states: {
    idle: {
      on: {
        prompt: { target: "working", actions: assign({ answer: ({ context, event }) => event.value + context.add }) },
      },
    },
    working: {
      entry: sendTo(
        ({ context }) => context.next,
        ({ context }) => ({ type: "prompt", value: context.answer }),
      ),
      always: "done",
    },
    done: { type: "final" },
  },
})

const join = setup({
  types: {
    context: {} as { readonly left: number; readonly sum: number },
    events: {} as Prompt,
    input: {} as { readonly left: number },
    output: {} as number,
  },
}).createMachine({
  context: ({ input }) => ({ left: input.left, sum: 0 }),
  initial: "waiting",
  states: {
    waiting: {
      on: {
        prompt: {
          actions: assign({
            left: ({ context }) => context.left - 1,
            sum: ({ context, event }) => context.sum + event.value,
          }),
        },
      },
      always: { guard: ({ context }) => context.left === 0, target: "done" },
    },
    done: { type: "final" },
  },
  output: ({ context }) => context.sum,
})

const lead = setup({
  types: {
    context: {} as { readonly workers: ReadonlyArray<AnyActorRef> },
    events: {} as Prompt,
    input: {} as { readonly workers: ReadonlyArray<AnyActorRef> },
  },
}).createMachine({
  context: ({ input }) => input,
  initial: "idle",
  states: {
    idle: { on: { prompt: "working" } },
    working: {
      entry: ({ context }) => {
        for (const [value, worker] of context.workers.entries()) worker.send({ type: "prompt", value })
      },
      always: "done",
    },
    done: { type: "final" },
  },
})

const pipeline = (n: number) => async (): Promise<number> => {
  const last = createActor(join, { input: { left: 1 } }).start()
  let next: AnyActorRef = last
  for (let i = 0; i < n; i++) next = createActor(session, { input: { next, add: 1 } }).start()
  next.send({ type: "prompt", value: 0 })
  return toPromise(last)
}

const fanOut = (n: number) => async (): Promise<number> => {
  const last = createActor(join, { input: { left: n } }).start()
  const workers = Array.from({ length: n }, () => createActor(session, { input: { next: last, add: 0 } }).start())
  createActor(lead, { input: { workers } }).start().send({ type: "prompt", value: 0 })
  return toPromise(last)
}

export const subject: Engine = { pipeline, fanOut }
