/** A program: starts what does nothing but become another program, looks for it thirty times, and prints how often it was missed. */
import { spawn } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { markedProcesses } from "#sdk"

const run = `becoming-${process.pid}`
writeFileSync("again.sh", '#!/bin/sh\ntest -e begun || echo > begun\nexec "$0"\n', { mode: 0o755 })
const child = spawn("./again.sh", [], { env: { PATH: process.env["PATH"], FLEET_RUN: run }, stdio: "ignore" })
while (!existsSync("begun")) await setTimeout(10)
const missed = Array.from({ length: 30 }, () => markedProcesses(run)).filter((pids) => !pids.some((pid) => pid === child.pid))
child.kill("SIGKILL")
console.log(missed.length)
