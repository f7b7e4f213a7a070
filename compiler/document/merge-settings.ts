import type { SessionSettings } from "./model.ts"

/**
 * A session over `defaults`: its own keys win. `budget`, `retry`, `slo` and `env` are merged key by key, so a session that says
 * `budget: { usd: 1 }` keeps the default `turns`; everything else is taken whole.
 */
export const mergeSettings = (defaults: SessionSettings, own: SessionSettings): SessionSettings => {
  const named = new Set(own.driverKeys.map(({ name }) => name))
  const variables = new Set(own.env?.map(({ name }) => name.value))
  return {
    ...defaults,
    ...own,
    ...((defaults.budget ?? own.budget) && { budget: { ...defaults.budget, ...own.budget } }),
    ...(defaults.retry && own.retry && { retry: { ...defaults.retry, ...own.retry } }),
    ...(defaults.slo && own.slo && { slo: { ...defaults.slo, ...own.slo } }),
    ...(defaults.env && own.env && { env: [...defaults.env.filter(({ name }) => !variables.has(name.value)), ...own.env] }),
    driverKeys: [...own.driverKeys, ...defaults.driverKeys.filter(({ name }) => !named.has(name))],
  }
}
