import type { Context, TableName } from './connectors/connector.ts'
import { recordIds } from './record-id.ts'

/** What a run knows of its connection while it reads records. */
export type RunContext = Context<never> & {
  /** Our id of a record by its own name, whatever it was merged into. */
  ownId: (table: TableName, sourceId: string) => string
  /** Our ids of records that were merged, and of those that stand for them now; a merge may follow on a merge. */
  aliases: Map<string, string>
}

/** What normalising may know of a connection. Where a record was merged into another, `id` names that one. */
export function contextOf(connectionId: string, settings: never, currency: string): RunContext {
  const ownId: RunContext['ownId'] = recordIds(connectionId)
  const aliases = new Map<string, string>()
  return {
    settings,
    currency,
    aliases,
    ownId,
    id: (table, sourceId) => standIn(aliases, ownId(table, sourceId)),
  }
}

/** A merge can only follow on another one; should a CRM ever say otherwise, it ends here. */
const longestChain = 100

function standIn(aliases: ReadonlyMap<string, string>, id: string): string {
  let survivor = id
  for (let link = 0; link < longestChain && aliases.size > 0; link += 1) {
    const next = aliases.get(survivor)
    if (next === undefined) break
    survivor = next
  }
  return survivor
}
