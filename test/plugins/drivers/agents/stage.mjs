// What the small agents of the driver suite do, whatever protocol they speak: a prompt is the name of a scene.
import { spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const home = process.env.HOME ?? "."

/** Words of former prompts, by conversation. */
export const memory = {
  read: (id) => {
    try {
      return JSON.parse(readFileSync(join(home, `${id}.json`), "utf8"))
    } catch {
      return undefined
    }
  },
  write: (id, value) => writeFileSync(join(home, `${id}.json`), JSON.stringify(value)),
}

export const tellGiven = (given) => writeFileSync(join(home, "given.json"), JSON.stringify(given))

const makeFile = () => writeFileSync("permitted.txt", "made")

const leaveOrphan = () => spawn("sh", ["-c", "echo $$ > orphan.pid; exec tail -f /dev/null"], { detached: true, stdio: "ignore" }).unref()

export const never = () => new Promise(() => {})

/**
 * Plays a scene with an actor: `say(text)` is a paragraph, `part(text)` a part of one, `call(tool, permission, run)` a tool call that
 * answers whether it ran, `ask(question)` the user's answer, `message()` the next message of the user.
 */
export const playScene = async (scene, actor) => {
  switch (scene.split(" ")[0]) {
    case "hello":
      return actor.say("hello from the agent")
    case "tool":
      await actor.call("Read", false, () => {})
      return actor.say("done")
    case "permission":
      await actor.call("Make", true, makeFile)
      return actor.say("done")
    case "withdrawn":
      await actor.takeBack("Make", makeFile)
      return actor.say("never mind")
    case "twice":
      await actor.call("Make", true, makeFile)
      await actor.call("Make", true, makeFile)
      return actor.say("done")
    case "question":
      return actor.say(`you said ${await actor.ask("Which color?", ["red", "blue"])}`)
    case "queued":
      await actor.message()
      return actor.say("heard it")
    case "hang":
      actor.say("working")
      return never()
    case "orphan":
      await actor.call("Spawn", false, leaveOrphan)
      return never()
    case "output":
      return actor.output({ answer: "42" })
    case "loop":
      for (;;) await actor.call("Read", false, () => {})
    case "remember":
      return actor.say("noted")
    case "recall":
      return actor.say(actor.prompts.map((text) => /remember (\w+)/.exec(text)?.[1]).find((word) => word !== undefined) ?? "nothing")
    case "flood":
      for (let number = 0; number < 1000; number++) await actor.part(`${number} `)
      return actor.endPart()
    default:
      return actor.say(`no scene ${scene}`)
  }
}
