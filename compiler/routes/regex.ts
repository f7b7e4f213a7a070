import type { Origin } from "./origin.ts"
export const checkRegex = (_origin: Origin, _source: string, _start: number): void => {}
