/** What the other rooms see of the IR. Decoding with a schema is apart, in `#ir/decode.ts`, so that a check need not load it. */
export type * from "./model.ts"
export { failureKinds } from "./model.ts"
export { canonicalJson, canonicalValue } from "./canonical.ts"
export { hashOf, sha256Hex } from "./hash.ts"
export { enabled, fire, initial, openBatch, possible, put, settle, type Consumed, type Fired, type JoinState, type LeafState } from "./join.ts"
export type { Batch, Instance } from "./join-batch.ts"
export { leafCount, leavesOf, type Leaf } from "./join-tree.ts"
export { pattern, type Pattern } from "./regex/match.ts"
