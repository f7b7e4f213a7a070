import { execFile } from "node:child_process"
import { describe, expect, it } from "vitest"
import { readCommandLine } from "./command-line.ts"

const options = { times: { what: "how many", default: 5, least: 1 }, out: { what: "where to", default: "" } }
const read = (...args: ReadonlyArray<string>) => readCommandLine("try", "Tries.", options, args)

describe("the command line of a script", () => {
  it("is numbers and texts, or their defaults", () => {
    expect(read()).toEqual({ kind: "values", values: { times: 5, out: "" } })
    expect(read("--times", "7", "--out=here")).toEqual({ kind: "values", values: { times: 7, out: "here" } })
  })

  it("asks for help", () => {
    expect(read("--times", "x", "--help")).toEqual({
      kind: "help",
      text: "npm run try -- [OPTIONS]\n\nTries.\n\n  --times N   how many (default 5)\n  --out TEXT  where to (default none)",
    })
  })

  it.each([
    [["--times", "x"], "--times wants a whole number from 1 on, not x"],
    [["--times", "0"], "--times wants a whole number from 1 on, not 0"],
    [["--times", "1.5"], "--times wants a whole number from 1 on, not 1.5"],
    [["--times", ""], "--times wants a whole number from 1 on, not "],
    [["--times"], "--times wants a value"],
    [["--tims", "3"], "there is no option --tims"],
    [["-x"], "there is no option -x"],
    [["three"], "three is no option"],
  ])("%j is a mistake", (args, problem) => {
    const mistake = read(...args)
    if (mistake.kind !== "problem") throw new Error(mistake.kind)
    expect(mistake.text.split("\n\n")[0]).toBe(problem)
  })
})

const scripts = {
  "simulate:seeds": "test/simulation/main.ts",
  "test:kill": "test/kill/main.ts",
  "test:endings": "test/kill/endings-main.ts",
  fuzz: "test/fuzz/fuzz.ts",
  bench: "bench/run.ts",
}

describe("scripts say how they are called", () => {
  it.each(Object.entries(scripts))("%s", async (script, file) => {
    const call = (...args: ReadonlyArray<string>): Promise<readonly [code: unknown, out: string, error: string]> =>
      new Promise((resolve) => void execFile(process.execPath, [file, ...args], (error, out, told) => resolve([error === null ? 0 : error.code, out, told])))
    const [[helped, help], [refused, , problem]] = await Promise.all([call("--help"), call("--what")])
    expect(helped).toBe(0)
    expect(help).toContain(`npm run ${script} -- [OPTIONS]`)
    expect(refused).toBe(2)
    expect(problem.split("\n")[0]).toBe("there is no option --what")
    expect(problem).not.toMatch(/^ +at /m)
  })
})
