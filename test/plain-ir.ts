/** What the tests' own fleets are built on, written as IR rather than compiled. */
import type { Ir, Session } from "#ir"

/** A session of which nothing is said but its name. */
export const plainSession = (id: string, more: Partial<Session> = {}): Session => ({
  id,
  driver: { use: "fake", with: {} },
  permissions: "ask",
  policies: [],
  workspace: { use: "none", with: {} },
  from: { kind: "base" },
  retry: { attempts: 1, backoffMs: 0, factor: 1, jitter: false },
  priority: 0,
  effect: "external",
  context: "keep",
  env: {},
  checkpoint: false,
  instances: false,
  ...more,
})

/** A fleet with nothing but its sessions, none of which starts. */
export const plainFleet = (sessions: ReadonlyArray<Session>, more: Partial<Ir> = {}): Ir => ({
  irVersion: 1,
  compiler: "test",
  hash: "0".repeat(64),
  fleet: { name: "test" },
  sources: [],
  inputs: [],
  sessions,
  start: [],
  lets: [],
  rules: [],
  outputs: [],
  plugins: [],
  policies: [],
  sinks: [],
  mode: { use: "static", with: {} },
  limits: { parallel: 10_000 },
  claims: { joins: [] },
  ...more,
})
