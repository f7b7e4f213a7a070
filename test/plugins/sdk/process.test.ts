/** What a process has said is heard to its end, however late somebody listens, and what stays open behind it holds nobody up. */
import { expect, it } from "vitest"
import { startProcess } from "#sdk"

const start = (script: string) => startProcess({ command: ["sh", "-c", script], directory: "/", env: { PATH: process.env["PATH"] ?? "" } })

it("hears all of a process that is gone long before its words are read", async () => {
  const agent = await start("echo first; sleep 0.1; echo second")
  const said: Array<string> = []
  for await (const line of agent.lines) {
    if (said.length === 0) {
      await agent.exited
      await new Promise((later) => void setTimeout(later, 700))
    }
    if (line.ok) said.push(line.text)
  }
  expect(said).toEqual(["first", "second"])
})

it("does not wait for what a process has left running with its output", async () => {
  const agent = await start("echo said; sleep 60 &")
  const said: Array<string> = []
  for await (const line of agent.lines) if (line.ok) said.push(line.text)
  expect(said).toEqual(["said"])
  await agent.stop()
})
