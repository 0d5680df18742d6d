import { soundReading, type Reading } from './quayside/connector.ts'

/** A mistake put into the pipeline on purpose, as text of one of its files or as a way of reading. */
export type Plant = {
  name: string
  reading?: Reading
  /** `from` must be there, word for word. */
  engine?: { file: string; from: string; to: string }[]
  /** The points that bring it out soonest; it is there everywhere else as well. */
  strikes?: string[]
}

const amongChanges = ['before a page of changes', 'before the changes are read to their end']

/** What the checker must notice before it is believed. */
export const plants: Plant[] = [
  { name: 'ties are not broken', reading: { ...soundReading, breaksTies: false } },
  { name: 'no look-back', reading: { ...soundReading, lookbackSeconds: 0 } },
  {
    name: 'changes are read up to the start of the pass',
    reading: { ...soundReading, endsAtStart: true },
    strikes: amongChanges,
  },
  {
    name: 'the time of the resume is taken for the start of the pass',
    strikes: amongChanges,
    engine: [
      {
        file: 'worker/cursor.ts',
        from: 'const scanStart = isResumed ? (stored.scan_start ?? stored.now) : stored.now',
        to: 'const scanStart = stored.now',
      },
    ],
  },
  {
    name: "the cursor is stored outside the page's transaction",
    strikes: ['mid-transaction after load of changes'],
    engine: [
      {
        file: 'worker/land.ts',
        from: 'const [, , { created, updated }, buried] = await Promise.all([',
        to: 'await run.database.asTenant(run.tenantId, (other) => storeCursor(other, run, pass, page.place))\n    const [, , { created, updated }, buried] = await Promise.all([',
      },
      {
        file: 'worker/land.ts',
        from: '      storeCursor(tx, run, pass, page.place),\n      storeSnapshot(',
        to: '      Promise.resolve(),\n      storeSnapshot(',
      },
    ],
  },
  {
    name: 'the fence is not checked',
    strikes: ['asleep before the fence is checked'],
    engine: [
      {
        file: 'worker/cursor.ts',
        from: 'and fence = $3 for no key update',
        to: 'and fence >= $3 for no key update',
      },
    ],
  },
  {
    name: 'a short list retires what it did not name',
    engine: [
      { file: 'worker/sync.ts', from: 'return total === null || total === listed', to: 'return true' },
    ],
  },
  {
    name: 'rows are written without comparing them',
    engine: [{ file: 'worker/load.ts', from: "where ${differs.replaceAll('i.', 'excluded.')}", to: '' }],
  },
  {
    name: 'rows are inserted and never updated',
    engine: [
      {
        file: 'worker/load.ts',
        from: "where ${differs.replaceAll('i.', 'excluded.')}",
        to: 'where false',
      },
    ],
  },
  {
    name: 'fresh rows are retired with the absent ones',
    engine: [
      {
        file: 'worker/tombstone.ts',
        from: 'and id = any(${sql.param(ids)}::uuid[]) and deleted_at is null',
        to: "and (id = any(${sql.param(ids)}::uuid[]) or changed_at > now() - interval '5 seconds') and deleted_at is null",
      },
    ],
  },
]

/** A file's text with the plant in it. Throws when the place is no longer there, so that no plant rots unnoticed. */
export function sow(text: string, path: string, { engine = [] }: Plant): string {
  let sown = text
  for (const { file, from, to } of engine) {
    if (!path.endsWith(`/${file}`)) continue
    if (!sown.includes(from)) throw new Error(`the place for a plant is gone from ${file}: ${from}`)
    sown = sown.replaceAll(from, to)
  }
  return sown
}
