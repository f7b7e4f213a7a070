import { typing } from "./keystrokes.ts"

export const { scenarios, measure } = typing({ name: "session", behind: "role: reviewer", from: 0.25 })
