/** Runs that others can check: keys, signed statements and bills of materials. */
export { bomOf } from "./bom.ts"
export {
  CapabilityDenied,
  capabilityFaults,
  makeCapabilityIssuer,
  type CapabilityBudget,
  type CapabilityFault,
  type CapabilityIssuer,
  type Grant,
  type Holder,
  type ToolUse,
} from "./capability.ts"
export { differences, openDocument, type OpenedDocument, type RunDocument } from "./check-document.ts"
export { inTotoType, isEnvelope, seal, unseal, type Envelope } from "./envelope.ts"
export { evidenceOf, type Evidence } from "./evidence.ts"
export { keyAt, keyPath, readKey, type StoredKey } from "./key-store.ts"
export { makePrivateKey, readPrivateKey, readPublicKey, type PublicKey, type SigningKey } from "./keys.ts"
export { openJson, signJson } from "./signed-json.ts"
export { branchesOf, predicateType, statementOf, statementType, type Commits } from "./statement.ts"
