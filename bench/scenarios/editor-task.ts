import { typing } from "./keystrokes.ts"

export const { scenarios, measure } = typing({ name: "task", behind: 'task: "Implement ', from: 0 })
