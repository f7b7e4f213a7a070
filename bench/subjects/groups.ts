/** Groups of real processes: a shell and what it started. */

/**
 * Says its number, which is that of its group, and stays until it is told to go, as does its child. It sees its child off: an orphan would be
 * gone when the system finds the time.
 */
export const staying = ["sh", "-c", "trap 'wait; exit 143' TERM; sleep 600 & sleep 0.1; echo $$; wait"] as const

const isGone = (group: number): boolean => {
  try {
    process.kill(-group, 0)
    return false
  } catch {
    return true
  }
}

/** Gives how many there were once the last process of the last group is gone. */
export const allGone = async (groups: ReadonlyArray<number>): Promise<number> => {
  for (const group of groups) while (!isGone(group)) await new Promise(setImmediate)
  return groups.length
}
