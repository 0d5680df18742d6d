import type { Plant } from '../crash/plants.ts'

/** Mistakes that only time brings out; the checker is believed because it finds them. */
export const plants: Plant[] = [
  {
    name: 'nothing is retired',
    engine: [
      { file: 'worker/sync.ts', from: 'pass.counts.retired += await retire(run, pass)', to: 'void retire' },
    ],
  },
  {
    name: 'the watermark is that of the end of the run',
    engine: [
      {
        file: 'worker/stream-end.ts',
        from: 'watermark = ${pass.scanStart},',
        to: "watermark = clock_timestamp() + interval '40 minutes',",
      },
    ],
  },
  {
    name: 'a stream that failed is called fresh',
    engine: [
      {
        file: 'worker/stream-end.ts',
        from: 'await storeCursor(tx, run, pass, null)',
        to: 'await storeCursor(tx, run, pass, null)\n    await tx.execute(sql`update stream_cursors set fresh_at = clock_timestamp() where ${isCursorOf(run, pass)}`)',
      },
    ],
  },
  {
    name: 'children are called fresher than the list of their parents',
    engine: [
      { file: 'worker/stream-end.ts', from: 'if (parents === undefined) return', to: 'if (freshAt) return' },
    ],
  },
  {
    name: 'the share of the day is not kept to',
    engine: [{ file: 'worker/share.ts', from: 'used < budget * part', to: 'used < Infinity * part' }],
  },
]
