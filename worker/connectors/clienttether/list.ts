import type { Context, Page, Stream } from '../connector.ts'
import { listPage, listRequest, startOfList } from './pages.ts'
import type { ClientTetherSettings as CT } from './settings.ts'
import { filled, type Item } from './values.ts'

/** Reads an item's id from one of its fields. */
export const idFrom = (key: string) => (item: Item) => filled(item, key)

type ListOptions = Pick<Stream<CT>, 'name' | 'tables' | 'item' | 'identify' | 'version'> & {
  operation: string
  /** Fields that somebody mapped, which not every account has. */
  mapped?: (settings: CT) => readonly string[]
  normalise: (item: Item, context: Context<CT>) => ReturnType<Stream<CT>['normalise']>
}

/** A stream that is one whole list, paged by offset. */
export function list({ operation, mapped, ...stream }: ListOptions): Stream<CT> {
  return {
    ...stream,
    source: operation,
    reads: 'full',
    deletes: 'absence',
    lookbackSeconds: 0,
    begin: () => startOfList(),
    request: (cursor, settings) => listRequest(operation, cursor, settings.pageSize),
    page: (reply, cursor, settings) => {
      const page = listPage(reply, cursor, (item) => stream.identify(item, settings), settings.pageSize)
      // The first page alone: were empty fields left out after all, a last page of one record would lack what others have.
      const tells = mapped !== undefined && cursor === startOfList()
      return tells ? { ...page, fields: fieldsOf(page, mapped(settings)) } : page
    },
    normalise: stream.normalise as Stream<CT>['normalise'],
  }
}

/** Which of these fields the records of a page have. Nothing else tells which there are; an empty one is there and empty (ASSUMED). */
function fieldsOf({ items }: Page, names: readonly string[]): NonNullable<Page['fields']> {
  const isShown = (name: string) => items.some((item) => Object.hasOwn(Object(item), name))
  const unseen = items.length === 0 ? [] : names.filter((name) => !isShown(name))
  return { seen: names.filter(isShown), unseen }
}
