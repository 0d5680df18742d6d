import type { Context, Stream } from '../connector.ts'
import { listPage, listRequest, startOfList } from './pages.ts'
import type { ClientTetherSettings as CT } from './settings.ts'
import { filled, type Item } from './values.ts'

/** Reads an item's id from one of its fields. */
export const idFrom = (key: string) => (item: Item) => filled(item, key)

type ListOptions = Pick<Stream<CT>, 'name' | 'tables' | 'item' | 'identify' | 'version'> & {
  operation: string
  normalise: (item: Item, context: Context<CT>) => ReturnType<Stream<CT>['normalise']>
}

/** A stream that is one whole list, paged by offset. */
export function list({ operation, ...stream }: ListOptions): Stream<CT> {
  return {
    ...stream,
    source: operation,
    reads: 'full',
    deletes: 'absence',
    lookbackSeconds: 0,
    begin: () => startOfList(),
    request: (cursor, settings) => listRequest(operation, cursor, settings.pageSize),
    page: (reply, cursor, settings) =>
      listPage(reply, cursor, (item) => stream.identify(item, settings), settings.pageSize),
    normalise: stream.normalise as Stream<CT>['normalise'],
  }
}
