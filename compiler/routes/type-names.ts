/** The types that are words (language.md 4). */
export const typeNames = ["string", "integer", "number", "boolean", "duration", "money", "json", "null"] as const
export type TypeName = (typeof typeNames)[number]

export const isTypeName = (word: string): word is TypeName => (typeNames as ReadonlyArray<string>).includes(word)
