// A small agent that speaks the protocol of Codex's app server, and of `codex exec --json`, as far as the driver uses them.
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { memory, playScene, tellGiven } from "./stage.mjs"

const args = process.argv.slice(2)
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
const write = (frame) => process.stdout.write(`${JSON.stringify(frame)}\n`)
const total = (tokens) => ({ totalTokens: tokens, inputTokens: tokens, cachedInputTokens: 0, outputTokens: 0 })

class Stopped extends Error {}

const serve = () => {
  const calls = new Map()
  const accepted = new Set()
  let requests = 0
  let thread
  let turn

  const notify = (method, params) => write({ method, params: { threadId: thread.id, ...params } })
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      const id = requests++
      calls.set(id, { resolve, reject })
      write({ id, method, params: { threadId: thread.id, turnId: turn?.id ?? null, ...params } })
    })

  const actorOf = (current) => {
    let items = 0
    let open
    const live = () => {
      if (turn !== current) throw new Stopped()
    }
    const part = async (text) => {
      live()
      if (open === undefined) {
        open = { type: "agentMessage", id: `msg_${++items}`, text: "" }
        notify("item/started", { item: open })
      }
      open.text += text
      notify("item/agentMessage/delta", { itemId: open.id, delta: text })
      if (process.stdout.writableNeedDrain) await once(process.stdout, "drain")
    }
    const endPart = () => {
      notify("item/completed", { item: open })
      open = undefined
    }
    const say = (text) => {
      void part(text.slice(0, 6))
      void part(text.slice(6))
      endPart()
    }
    return {
      prompts: thread.prompts,
      part,
      endPart,
      say,
      call: async (tool, permission, run) => {
        live()
        const item = { type: "commandExecution", id: `call_${++items}`, command: `/bin/sh -c '${tool}'`, cwd: process.cwd(), status: "inProgress" }
        notify("item/started", { item })
        const decision =
          !permission || accepted.has(tool)
            ? "accept"
            : (await ask("item/commandExecution/requestApproval", { itemId: item.id, command: item.command, cwd: item.cwd, reason: null })).decision
        if (decision === "acceptForSession") accepted.add(tool)
        const allowed = decision.startsWith("accept")
        if (allowed) run()
        notify("item/completed", { item: { ...item, status: allowed ? "completed" : "declined" } })
      },
      takeBack: async (tool, run) => {
        const item = { type: "commandExecution", id: `call_${++items}`, command: tool, cwd: process.cwd(), status: "inProgress" }
        notify("item/started", { item })
        const requestId = requests
        ask("item/commandExecution/requestApproval", { itemId: item.id, command: item.command, cwd: item.cwd, reason: null }).then(
          ({ decision }) => decision.startsWith("accept") && run(),
          () => {},
        )
        notify("serverRequest/resolved", { requestId })
        notify("item/completed", { item: { ...item, status: "declined" } })
      },
      ask: async (question, options) => {
        const { answers } = await ask("item/tool/requestUserInput", {
          itemId: "ask",
          questions: [{ id: "color", header: "Q", question, options: options.map((label) => ({ label, description: label })) }],
        })
        return answers.color.answers.join(", ")
      },
      message: () =>
        new Promise((resolve) => {
          current.message = resolve
        }),
      output: (value) => say(current.schema === undefined ? "no schema" : JSON.stringify(value)),
    }
  }

  const answers = []
  /** Each request is `[method, params, when]`: `open` is left open at the end of the turn, `after` is asked when that is over. */
  const askAll = async (actor, requests) => {
    const noted = ([method, params]) =>
      ask(method, params)
        .then(
          (result) => answers.push(result),
          (error) => answers.push(error.message),
        )
        .finally(() => tellGiven({ answers }))
    const when = (time) => requests.filter(([, , given = "now"]) => given === time)
    for (const request of when("now")) await noted(request)
    actor.say(JSON.stringify(answers))
    for (const request of when("open")) void noted(request)
    setImmediate(() => when("after").forEach(noted))
  }

  const play = async (text, schema) => {
    const current = (turn = { id: randomUUID(), schema })
    thread.prompts.push(text)
    thread.tokens += 100
    memory.write(thread.id, thread)
    notify("turn/started", { turn: { id: current.id, status: "inProgress" } })
    try {
      // Requests of the app server: it says what they were answered.
      if (text.startsWith("ASK:")) await askAll(actorOf(current), JSON.parse(text.slice(4)))
      else await playScene(text, actorOf(current))
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
    if (turn !== current) return
    end("completed")
  }
  const end = (status) => {
    const { id } = turn
    notify("thread/tokenUsage/updated", { turnId: id, tokenUsage: { total: total(thread.tokens), last: total(100) } })
    turn = undefined
    notify("turn/completed", { turn: { id, status, error: null } })
  }

  const methods = {
    initialize: () => ({ userAgent: "small" }),
    "thread/start": (params) => {
      thread = { id: randomUUID(), prompts: [], tokens: 0 }
      tellGiven({ model: params.model, systemPrompt: params.developerInstructions, approvalPolicy: params.approvalPolicy })
      return { thread: { id: thread.id } }
    },
    "thread/resume": ({ threadId }) => {
      thread = memory.read(threadId)
      if (thread === undefined) throw new Error(`no rollout found for thread id ${threadId}`)
      return { thread: { id: thread.id } }
    },
    "turn/start": ({ input, outputSchema }) => {
      const [{ text }] = input
      setImmediate(() => play(text, outputSchema))
      return { turn: { id: undefined, status: "inProgress" } }
    },
    "turn/steer": ({ expectedTurnId, input }) => {
      if (turn?.id !== expectedTurnId) throw new Error("no such turn")
      turn.message?.(input[0].text)
      return { turnId: expectedTurnId }
    },
    "turn/interrupt": ({ turnId }) => {
      if (turn?.id !== turnId) throw new Error("no such turn")
      setImmediate(() => {
        if (turn?.id === turnId) end("interrupted")
        for (const { reject } of calls.values()) reject(new Stopped())
        calls.clear()
      })
      return {}
    },
    "thread/backgroundTerminals/clean": () => ({}),
  }

  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { id, method, params, result, error } = JSON.parse(line)
      if (method === undefined) {
        const call = calls.get(id)
        if (error === undefined) call?.resolve(result)
        else call?.reject(new Error(error.message))
        return calls.delete(id)
      }
      if (id === undefined) return
      try {
        const serve = methods[method]
        if (serve === undefined) return write({ id, error: { code: -32601, message: `no ${method}` } })
        write({ id, result: serve(params) })
      } catch (problem) {
        write({ id, error: { code: -32600, message: problem.message } })
      }
    })
    .on("close", () => process.exit(0))
}

const execute = async () => {
  const resumed = option("resume")
  const thread = resumed === undefined ? { id: randomUUID(), prompts: [], tokens: 0 } : memory.read(resumed)
  const text = readFileSync(0, "utf8")
  thread.prompts.push(text)
  thread.tokens += 100
  memory.write(thread.id, thread)
  tellGiven({ model: option("--model"), sandbox: option("--sandbox") })
  write({ type: "thread.started", thread_id: thread.id })
  write({ type: "turn.started" })
  const say = (said) => write({ type: "item.completed", item: { id: randomUUID(), type: "agent_message", text: said } })
  await playScene(text, {
    prompts: thread.prompts,
    say,
    call: async (tool, _permission, run) => {
      const item = { id: randomUUID(), type: "command_execution", command: tool }
      write({ type: "item.started", item: { ...item, status: "in_progress" } })
      run()
      write({ type: "item.completed", item: { ...item, status: "completed" } })
    },
  })
  write({ type: "turn.completed", usage: { input_tokens: thread.tokens, cached_input_tokens: 0, output_tokens: 0 } })
}

if (args.includes("exec")) {
  // A turn that never ends keeps the process alive.
  setInterval(() => {}, 60_000)
  await execute()
  process.exit(0)
} else if (process.env.CODEX_AGENT === "without app-server") {
  console.error("error: unrecognized subcommand 'app-server'")
  process.exit(2)
} else serve()
