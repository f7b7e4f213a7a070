/** Strongly connected components (Tarjan), each after those it leads to. Without recursion: a fleet may be one chain of a thousand sessions. */
export const components = (nodes: ReadonlyArray<string>, next: (node: string) => ReadonlyArray<string>): ReadonlyArray<ReadonlySet<string>> => {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const onStack = new Set<string>()
  const found: Array<ReadonlySet<string>> = []
  const open = (node: string): Frame => {
    index.set(node, index.size)
    low.set(node, index.size - 1)
    stack.push(node)
    onStack.add(node)
    return { node, rest: [...next(node)] }
  }
  const lower = (node: string, value: number): void => void low.set(node, Math.min(low.get(node) ?? value, value))
  for (const root of nodes) {
    if (index.has(root)) continue
    const frames = [open(root)]
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const { node, rest } = frame
      const child = rest.shift()
      if (child !== undefined) {
        if (!index.has(child)) frames.push(open(child))
        else if (onStack.has(child)) lower(node, index.get(child) ?? 0)
        continue
      }
      frames.pop()
      const parent = frames.at(-1)
      if (parent !== undefined) lower(parent.node, low.get(node) ?? 0)
      if (low.get(node) !== index.get(node)) continue
      const members = new Set(stack.splice(stack.lastIndexOf(node)))
      for (const member of members) onStack.delete(member)
      found.push(members)
    }
  }
  return found
}

interface Frame {
  readonly node: string
  readonly rest: Array<string>
}
