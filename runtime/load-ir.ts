/** The way in for IR that somebody else wrote down: decoded and verified, after which no field of it is trusted less than the compiler's own. */
import { verifyIr, type Ir } from "#ir"
import { decodeIr, type IrProblem } from "#ir/decode.ts"

export type LoadedIr = { readonly ok: true; readonly ir: Ir } | { readonly ok: false; readonly problems: ReadonlyArray<IrProblem> }

/** `value` is parsed JSON. What is accepted the machine can run (IR page, "verified on load"); each problem says where it stands. */
export const loadIr = (value: unknown): LoadedIr => {
  const decoded = decodeIr(value)
  if (!decoded.ok) return decoded
  const faults = verifyIr(decoded.ir)
  return faults.length === 0 ? decoded : { ok: false, problems: faults }
}
