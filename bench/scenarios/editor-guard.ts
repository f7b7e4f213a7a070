import { typing } from "./keystrokes.ts"

export const { scenarios, measure } = typing({ name: "guard", behind: "score >= 0.5", from: 0.5 })
