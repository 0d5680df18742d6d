import type { Context, Normalised, Stream } from '../connector.ts'
import { chain, type Item, type SObject } from './chain.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { filled, identify, isGone, longId } from './values.ts'

type ListOptions = Pick<Stream<Settings>, 'name' | 'tables' | 'source' | 'item' | 'version'> & {
  objects: readonly [SObject, ...SObject[]]
  normalise: (item: Item, context: Context<Settings>) => Normalised
}

/** A stream of what changed in these objects; what was deleted or merged is among it, marked as such. */
export function changesOf({ objects, normalise, ...stream }: ListOptions): Stream<Settings> {
  return {
    identify,
    isGone,
    ...stream,
    ...chain(objects),
    reads: 'changes',
    deletes: 'flag',
    // A long transaction shows its records late, with stamps from its beginning.
    lookbackSeconds: 600,
    normalise: (item: Item, context: Context<Settings>) =>
      isGone(item) ? gone(item) : normalise(item, context),
  }
}

/** A record that a merge made superfluous names the one that stays. */
function gone(item: Item): Normalised {
  const winner = filled(item, 'MasterRecordId')
  return {
    rows: {},
    deletedBecause: 'deletedDate' in item ? 'feed' : 'flag',
    ...(winner !== null && { mergedInto: longId(winner) }),
    faults: [],
  }
}
