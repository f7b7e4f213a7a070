export { readSource, type ReadSource } from "./read-source.ts"
export { ScalarNode } from "./scalar-node.ts"
export type { ListNode, MapEntry, MapNode, NullNode, ScalarStyle, SourceTree, YamlNode } from "./model.ts"
