import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { DriverEvent } from "#sdk"
import { makeScreen } from "../../../plugins/drivers/pty/screen.ts"
import { pty } from "../../../plugins/drivers/pty/index.ts"
import { makeLineReader } from "../../../plugins/drivers/pty/read-lines.ts"
import { openTerminal } from "../../../plugins/drivers/pty/terminal.ts"
import { makeTurnText, typeable } from "../../../plugins/drivers/pty/turn-text.ts"
import { openTestSession } from "../../../plugins/sdk/testing/index.ts"
import { ptyFixture, smallProgram } from "./protocol-fixtures.ts"
import { suite } from "./suite.ts"

suite(ptyFixture)

const place = async (use: (directory: string, env: { readonly [name: string]: string }) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "pty-"))
  try {
    await use(directory, { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a" })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const texts = (events: ReadonlyArray<DriverEvent>): ReadonlyArray<unknown> => events.flatMap((event) => (event.type === "agent" ? [event.event["text"]] : []))

it("pastes a prompt of several lines where the program can be pasted to", () =>
  place(async (directory, env) => {
    const [target = "", ...args] = smallProgram
    const config = { target, args, prompt_pattern: "^\\[ready\\]$", idle: "100ms" }
    const session = await openTestSession(pty, { run: directory, session: "a", directory, permissions: "ask", config, env: { ...env, PTY_AGENT: "raw" } })
    await session.prompt("one\n\ntwo\u001b[201~")
    const { events, end } = await session.turn()
    expect(end).toMatchObject({ end: { stop: "end_turn" }, text: 'pasted "one\\n\\ntwo[201~"' })
    expect(texts(events)).toEqual(['pasted "one\\n\\ntwo[201~"'])
    await session.close()
  }))

it("does not take the prompt that was answered for the next one, where keys are not shown", () =>
  place(async (directory, env) => {
    const [target = "", ...args] = smallProgram
    const config = { target, args, prompt_pattern: "^\\[ready\\]$", idle: "100ms" }
    const session = await openTestSession(pty, { run: directory, session: "a", directory, permissions: "ask", config, env: { ...env, PTY_AGENT: "silent" } })
    for (const text of ["one", "two"]) {
      await session.prompt(text)
      expect((await session.turn()).end).toMatchObject({ end: { stop: "end_turn" }, text: `${text} was heard` })
    }
    await session.close()
  }))

it("keeps the last 10 000 lines that its program has shown", () =>
  place(async (directory, env) => {
    const size = { columns: 80, rows: 24 }
    const { pty: terminal, screen } = await openTerminal({ program: "seq", args: ["12000"], ...size, directory, env })
    const exited = new Promise<void>((done) => void terminal.onExit(() => done()))
    terminal.onData((data) => screen.write(data))
    await exited
    await new Promise<void>((done) => screen.write("", done))
    const { normal } = screen.buffer
    const lines = Array.from({ length: normal.length }, (_, row) => normal.getLine(row)?.translateToString(true) ?? "").filter((line) => line !== "")
    expect(lines.slice(-10_000)).toEqual(Array.from({ length: 10_000 }, (_, at) => String(2001 + at)))
    screen.dispose()
  }))

it("says that the program died before the session ends, and nothing when it was told to go", () =>
  place(async (directory, env) => {
    const open = (target: string, args: ReadonlyArray<string>) =>
      openTestSession(pty, {
        run: directory,
        session: "a",
        directory,
        permissions: "ask",
        config: { target, args, idle: "100ms", prompt_pattern: "^> $" },
        env,
      })
    const died = await open("sh", ["-c", "printf '> '; read line; exit 3"])
    await died.prompt("hello")
    const { events } = await died.turn()
    expect(events.slice(-2)).toMatchObject([{ event: { kind: "cap.error", code: "pty_died", retryable: false } }, { end: { error: { kind: "agent_exited" } } }])
    await died.close()
    const told = await open("sh", ["-c", "printf '> '; exec cat"])
    await told.prompt("hello")
    await told.close()
    expect((await told.rest()).filter((event) => event.type === "agent" && event.event.kind === "cap.error")).toEqual([])
  }))

it("goes by silence alone where no prompt is known", () =>
  place(async (directory, env) => {
    const session = await openTestSession(pty, { run: directory, session: "a", directory, permissions: "ask", config: { target: "cat", idle: "150ms" }, env })
    await session.prompt("hello")
    expect((await session.turn()).end).toMatchObject({ end: { stop: "end_turn" }, text: "hello" })
    await session.close()
  }))

const parse = {
  tool_call_start: "^◉ (?P<tool>\\w+)\\((?P<args>.*?)\\)$",
  tool_call_end: "^◉ (?P<tool>\\w+) (?P<status>completed|failed)$",
  plan_section: "^## Plan\\b",
  thought_section: "^_thinking_\\b",
  ask_yes_no: "\\(y/n\\)$",
  ask_options: "^\\? Select: ",
  error_lines: ["rate_limit_error", "Please run /login"],
}

describe("a program whose lines have a meaning", () => {
  const program = `
size=$(stty size)
printf '> '
while read line; do
  echo "◉ Bash(ls -l)"
  echo "◉ Bash completed"
  echo "rate_limit_error: slow down"
  printf 'Go on? (y/n)'
  read answer
  echo "? Select: which way"
  echo " 1) left"
  echo " 2) right"
  printf 'number: '
  read way
  echo "size $size, said $answer, went $way"
  printf '> '
done`
  const openProgram = (directory: string, env: { readonly [name: string]: string }) =>
    openTestSession(pty, {
      run: directory,
      session: "a",
      directory,
      permissions: "ask",
      config: { target: "sh", args: ["-c", program], idle: "150ms", prompt_pattern: "^> $", prompt_lines: 1, parse, columns: 123, rows: 45 },
      env,
    })
  const asks = (event: DriverEvent): boolean => event.type === "agent" && event.event.kind === "cap.ask_user"

  it("tells tools and errors, asks what it asks, and has the size that it was given", () =>
    place(async (directory, env) => {
      const session = await openProgram(directory, env)
      await session.prompt("do it")
      const first = await session.until("a question", asks)
      expect(first.flatMap((event) => (event.type === "agent" ? [event.event] : []))).toMatchObject([
        { kind: "cap.tool_call.start", name: "Bash", input: { args: "ls -l" } },
        { kind: "cap.tool_call.end", is_error: false },
        { kind: "cap.error", code: "rate_limit", retryable: true },
        { kind: "cap.text_chunk", text: "rate_limit_error: slow down" },
        { kind: "cap.ask_user", ask_id: "question-1", prompt: "Go on? (y/n)", form: { oneOf: [{ const: "y" }, { const: "n" }] } },
      ])
      await session.send({ type: "answer", request: "question-1", reply: "yes" })
      const second = await session.until("a choice", asks)
      expect(second.at(-1)).toMatchObject({
        event: {
          prompt: "? Select: which way",
          form: {
            oneOf: [
              { const: "1", title: "left" },
              { const: "2", title: "right" },
            ],
          },
        },
      })
      await session.send({ type: "answer", request: "question-2", reply: "2" })
      const { end } = await session.turn()
      expect(end.end).toEqual({ stop: "end_turn" })
      expect(end.text).toMatch(/size 45 123, said y, went 2$/u)
      await session.close()
    }))

  it("says no where nobody answers, and stops where there is no such answer", () =>
    place(async (directory, env) => {
      const session = await openProgram(directory, env)
      await session.prompt("do it")
      await session.until("a question", asks)
      await session.send({ type: "answer", request: "question-1", reply: null })
      await session.until("a choice", asks)
      await session.send({ type: "answer", request: "question-2", reply: null })
      expect((await session.turn()).end.end).toEqual({ stop: "cancelled" })
      await session.close()
    }))
})

describe("the meaning of lines", () => {
  const told = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => {
    const reader = makeLineReader(Object.fromEntries(Object.entries(parse).map(([name, patterns]) => [name, [patterns].flat()])))
    return [...lines.flatMap((line) => reader.read(line)), ...reader.end()].map((meaning) => {
      if (meaning.type === "event") return `${meaning.event.kind} ${JSON.stringify(meaning.event["entries"] ?? meaning.event["code"] ?? meaning.event["text"])}`
      if (meaning.type === "text") return meaning.line
      return meaning.type === "tool" ? `${meaning.call}: ${meaning.tool}(${meaning.args})` : `${meaning.call} ${meaning.isError ? "failed" : "done"}`
    })
  }
  it.each<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    [
      "calls that overlap",
      ["◉ A(1)", "◉ B()", "◉ A failed", "◉ B completed", "◉ B completed"],
      ["line-1: A(1)", "line-2: B()", "line-1 failed", "line-2 done", "◉ B completed"],
    ],
    [
      "a plan",
      ["## Plan", "", "- [x] one", "2. [>] two", "☐ three", "", "and now"],
      [
        `cap.plan ${JSON.stringify([
          { id: "p1", content: "one", status: "completed" },
          { id: "p2", content: "two", status: "in_progress" },
          { id: "p3", content: "three", status: "pending" },
        ])}`,
        "",
        "and now",
      ],
    ],
    ["a plan at the end", ["## Plan", "* one"], [`cap.plan ${JSON.stringify([{ id: "p1", content: "one", status: "pending" }])}`]],
    ["no plan", ["## Plan", "is to have none"], ["is to have none"]],
    ["thoughts, up to an empty line", ["_thinking_ hm", "so", "", "well"], ['cap.thought "_thinking_ hm"', 'cap.thought "so"', "", "well"]],
    ["errors", ["Please run /login"], ['cap.error "auth_error"', "Please run /login"]],
  ])("%s", (_, lines, expected) => expect(told(...lines)).toEqual(expected))
  it("is told of calls that have no end of their own", () => {
    const reader = makeLineReader({ tool_call_start: ["^! (?P<tool>.*)$"] })
    expect([...reader.read("! a"), ...reader.read("! b"), ...reader.end()].map(({ type }) => type)).toEqual(["tool", "tool.done", "tool", "tool.done"])
  })
})

describe("the text of a turn", () => {
  const isPrompt = (line: string): boolean => line === ">"
  it.each<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["hi", ["> hi", "", "hello", ">"], ["hello"]],
    ["hi", ["> hi", "hello", "", "there", "", ">"], ["hello", "", "there"]],
    ["hi", [">", "> hi", "a", ">", "b"], ["a", ">", "b"]],
    ["hi", ["hello"], ["hello"]],
    ["hi", ["hi", "hi"], ["hi"]],
    ["one\ntwo", ["| one |", "│ ^[[200~two^[[201~", "three two"], ["three two"]],
    ["hi", [], []],
  ])("typed %j, shown %j", (typed, shown, said) => {
    expect(makeTurnText(typed, isPrompt).take(shown)).toEqual(said)
    // however it comes
    const text = makeTurnText(typed, isPrompt)
    expect(shown.flatMap((line) => text.take([line]))).toEqual(said)
  })
  it("is typed without keys", () => expect(typeable("a\u001b[201~\u0003b\r\nc\td\u0000")).toBe("a[201~b\nc\td"))
})

describe("a screen", () => {
  const screenOf = async (...data: ReadonlyArray<string>) => {
    const {
      default: { Terminal },
    } = await import("@xterm/headless")
    const terminal = new Terminal({ cols: 10, rows: 4, scrollback: 100, allowProposedApi: true })
    const screen = makeScreen(terminal)
    screen.mark()
    for (const each of data) await screen.feed(each)
    return screen
  }
  it("gives lines as they are done, long ones whole", async () => {
    const screen = await screenOf("one\r\n0123456789abcdef\r\nthr")
    expect(screen.doneLines()).toEqual(["one", "0123456789abcdef"])
    expect(screen.doneLines()).toEqual([])
    await screen.feed("ee\r\n")
    expect(screen.doneLines()).toEqual(["three"])
    expect(screen.lastLines().join("")).toBe("")
  })
  it("gives each line once when it scrolls", async () => {
    const screen = await screenOf()
    const seen: Array<string> = []
    for (let number = 0; number < 300; number++) {
      await screen.feed(`${number}\r\n`)
      seen.push(...screen.doneLines())
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, number) => String(number)))
  })
  it("looks only at what a turn has shown for its prompt", async () => {
    const screen = await screenOf("> \r\n")
    screen.mark()
    await screen.feed("a\r\n\r\nb\r\nc\r\nd\r\ne")
    expect(screen.tail()).toEqual(["b", "c", "d", "e"])
  })
  it("gives a painted screen as a whole, and nothing before", async () => {
    const screen = await screenOf("\u001b[?1049h", "top\r\nnext")
    expect(screen.doneLines()).toEqual([])
    expect(screen.lastLines()).toEqual(["top", "next", "", ""])
    expect(screen.tail()).toEqual(["top", "next"])
  })
  it("knows how a program wants its Enter key", async () => {
    const screen = await screenOf("\u001b[?2004h\u001b[>1u")
    expect(screen.keys()).toEqual({ bracketedPaste: true, enter: "\u001b[13u" })
    await screen.feed("\u001b[?2004l\u001b[<u")
    expect(screen.keys()).toEqual({ bracketedPaste: false, enter: "\r" })
  })
})
