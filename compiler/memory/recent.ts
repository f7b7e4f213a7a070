/** Values by what they were made of. It holds those that were asked for since the turn before last, so it never grows beyond what two checks need. */
export class Recent<Key, Value> {
  #before = new Map<Key, Value>()
  #now = new Map<Key, Value>()

  get(key: Key): Value | undefined {
    const known = this.#now.get(key) ?? this.#before.get(key)
    if (known !== undefined) this.#now.set(key, known)
    return known
  }

  set(key: Key, value: Value): void {
    this.#now.set(key, value)
  }

  /** What is not asked for until the next turn is forgotten then. */
  turn(): void {
    this.#before = this.#now
    this.#now = new Map()
  }
}
