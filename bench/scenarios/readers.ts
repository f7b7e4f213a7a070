import type { Row } from "../contract.ts"

/** The readers of fleet files, the baseline first. */
export const readers: readonly [Row, ...ReadonlyArray<Row>] = [
  { label: "yaml parseDocument", subject: "yaml" },
  {
    label: "fleetwright check",
    subject: "compiler",
    wants: { path: "compiler/index.ts", hint: "the compiler is not there" },
  },
]
