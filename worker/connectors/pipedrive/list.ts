import type { Context, Normalised, Stream } from '../connector.ts'
import { chain, type Known, type Phase } from './chain.ts'
import type { Row } from './envelope.ts'
import type { PipedriveSettings as Settings } from './settings.ts'
import { identify, type Item } from './values.ts'

type ListOptions = Pick<Stream<Settings>, 'name' | 'tables' | 'source' | 'item' | 'version'> & {
  phases: readonly [Phase, ...Phase[]]
  take?: (row: Row, known: Known) => unknown[]
  /** Whether a record says that it was deleted; default by `is_deleted`, as version 2 has it. */
  isGone?: (item: Item) => boolean
  normalise: (item: Item, context: Context<Settings>) => Normalised
}

/** A stream that is read whole in every pass, because it is short or cannot be asked for changes. */
export function wholeList({
  phases,
  take,
  isGone = isDeleted,
  normalise,
  ...stream
}: ListOptions): Stream<Settings> {
  return {
    ...stream,
    ...chain(phases, take),
    identify,
    reads: 'full',
    deletes: 'absence',
    lookbackSeconds: 0,
    isGone,
    normalise: (item: Item, context) =>
      isGone(item) ? { rows: {}, faults: [], deletedBecause: 'flag' as const } : normalise(item, context),
  }
}

/** A stream that is asked for what changed. What was deleted is marked, or simply no longer listed. */
export const changesOf = (options: ListOptions): Stream<Settings> => ({
  ...wholeList(options),
  reads: 'changes',
  lookbackSeconds: 600,
})

const isDeleted = ({ is_deleted: flag }: Item): boolean => flag === true
