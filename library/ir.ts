/** `fleetwright/ir`: the IR's types and functions, and how to read one from JSON that nobody vouches for. */
export * from "#ir"
export { decodeIr, irJsonSchema, type DecodedIr, type IrProblem } from "#ir/decode.ts"
