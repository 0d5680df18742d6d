/** Gathers what is asked while the same is under way. */
export type Gathered<Item, Answer> = {
  /** The answer to one item. Its work begins after it was asked for: at once, or together with all others once what is under way has ended. */
  ask: (key: string, item: Item) => Promise<Answer>
  /** For how long what is under way for a key has been so, in ms; 0 where nothing is. */
  underWayMs: (key: string) => number
}

/**
 * Does one thing at a time for each key: what is asked for meanwhile waits, and is done together. However many ask at once, each
 * hears after two rounds at most. `work` gives an answer to each item, in their order; what it throws reaches those it was done for.
 */
export function gather<Item, Answer>(
  work: (key: string, items: readonly Item[]) => Promise<readonly Answer[]>,
): Gathered<Item, Answer> {
  type Asked = PromiseWithResolvers<Answer> & { item: Item }
  /** By key: since when something is under way, and who waits for it to end. */
  const underWay = new Map<string, { sinceMs: number; waiting: Asked[] }>()

  async function run(key: string, first: Asked): Promise<void> {
    for (let asked = [first]; asked.length > 0;) {
      const now = { sinceMs: performance.now(), waiting: [] }
      underWay.set(key, now)
      await answer(key, asked)
      asked = now.waiting
    }
    underWay.delete(key)
  }

  async function answer(key: string, asked: readonly Asked[]): Promise<void> {
    try {
      const answers = await work(
        key,
        asked.map(({ item }) => item),
      )
      for (const [nth, { resolve }] of asked.entries()) resolve(answers[nth] as Answer)
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  return {
    ask: (key, item) => {
      const asked = { ...Promise.withResolvers<Answer>(), item }
      const now = underWay.get(key)
      if (now === undefined) void run(key, asked)
      else now.waiting.push(asked)
      return asked.promise
    },
    underWayMs: (key) => {
      const now = underWay.get(key)
      return now === undefined ? 0 : performance.now() - now.sinceMs
    },
  }
}
