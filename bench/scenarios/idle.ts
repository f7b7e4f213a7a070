import type { Engine, Scenario } from "../contract.ts"

export const scenarios: ReadonlyArray<Scenario> = [1000, 10_000].map((size) => ({
  name: `resident memory per idle session, ${size} sessions`,
  unit: "kB",
  file: "idle",
  size,
  each: true,
  rows: [
    { label: "bare fibers", subject: "fibers" },
    {
      label: "fleetwright",
      subject: "fleetwright",
      wants: { path: "runtime/index.ts", hint: "the runtime is not there" },
    },
  ],
}))

/** Growth of the resident set in kB per session, garbage collected before and after. */
export const measure = async (engine: Engine, size: number): Promise<number> => {
  if (engine.idle === undefined) throw new Error("cannot hold idle sessions")
  const small = await engine.idle(10)
  const before = settled()
  const held = await engine.idle(size)
  const after = settled()
  if (held === undefined || small === undefined) throw new Error("nothing is held")
  return (after - before) / 1024 / size
}

const settled = (): number => {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc")
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage.rss()
}
