/** The formatter. */
export { formatFleet, type Formatted } from "./format-fleet.ts"
