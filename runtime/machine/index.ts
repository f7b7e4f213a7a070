/** The pure half of the runtime: `step` folds facts into a run's state. */
export type * from "./protocol.ts"
export { dynamicPlacesLeft } from "./answers.ts"
export { initialState, type SessionState, type Spend, type State } from "./state.ts"
export { decodeState, encodeState } from "./state-codec.ts"
export { foldFrom, step, type Folding } from "./step.ts"
export type { Step } from "./transition.ts"
