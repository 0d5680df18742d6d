import { startedOnes, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { streamWord } from '../domain/streams.ts'
import { exactTime } from '../format.ts'

/** What a file says of itself, line by line: whose it is, what is in it, as of when each of its streams stands, and when it was made. */
export function stampOf({
  workspace,
  heading,
  count,
  filters,
  streams,
  connections,
  basis,
  now,
}: {
  workspace: { name: string; timeZone: string }
  heading: string
  count: number
  filters: readonly string[]
  streams: readonly string[]
  connections: readonly ConnectionNow[]
  basis: Basis
  now: Date
}): [string, string][] {
  const clock = (at: Date) => exactTime(at, workspace.timeZone)
  const asOf = startedOnes(connections)
    .filter(({ id }) => basis.connectionIds.includes(id))
    .flatMap(({ name, streams: known }) =>
      known.flatMap(({ stream, freshAt }): [string, string][] =>
        streams.includes(stream) && freshAt !== null
          ? [[`${streamWord(stream)} of ${name} as of`, clock(freshAt)]]
          : [],
      ),
    )
  return [
    ['Workspace', workspace.name],
    ['Table', heading],
    ['Rows', String(count)],
    ['Filters', filters.join('; ') || 'None'],
    ...asOf,
    ...basis.waitingFor.map((name): [string, string] => ['Not included yet', name]),
    ['Time zone', workspace.timeZone],
    ['Made', clock(now)],
  ]
}
