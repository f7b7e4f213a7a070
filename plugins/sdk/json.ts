/** Reading JSON whose shape nobody promised: what is not what it should be is empty, never an error. */
import type { Json } from "#ir"

export type Fields = { readonly [key: string]: Json }

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
export const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !isList(value)
export const fieldsOf = (value: Json | undefined): Fields => (isFields(value) ? value : {})
export const listOf = (value: Json | undefined): ReadonlyArray<Json> => (isList(value) ? value : [])
export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")
export const numberOf = (value: Json | undefined): number => (typeof value === "number" && Number.isFinite(value) ? value : 0)
