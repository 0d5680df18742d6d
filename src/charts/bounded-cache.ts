/** Keeps the values asked for most lately, as long as together they weigh no more than `mostBytes`. */
export function boundedCache(mostBytes: number) {
  const kept = new Map<string, string>()
  let bytes = 0
  return {
    get size() {
      return kept.size
    },
    /** The kept text, or the one that `make` makes now. */
    take(key: string, make: () => string): string {
      const found = kept.get(key)
      if (found !== undefined) {
        // A Map keeps the order of insertion: what is used goes to its end.
        kept.delete(key)
        kept.set(key, found)
        return found
      }
      const made = make()
      kept.set(key, made)
      bytes += made.length
      for (const [oldest, text] of kept) {
        if (bytes <= mostBytes) break
        kept.delete(oldest)
        bytes -= text.length
      }
      return made
    },
  }
}
