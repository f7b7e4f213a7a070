import { typing } from "./keystrokes.ts"

export const { scenarios, measure } = typing({ name: "prompt", behind: '"Review ', from: 0.5 })
