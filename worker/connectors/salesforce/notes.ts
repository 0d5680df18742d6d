import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Context, FieldFault, Page, Reply, Request, Stream } from '../connector.ts'
import { readAs } from '../read-as.ts'
import { chain, type Item, type SObject } from './chain.ts'
import { changesOf } from './list.ts'
import { placeOf } from './place.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { linksQuery } from './soql.ts'
import { filled, link, objectOf, reader, rest, shapes, stamps, text, through } from './values.ts'

const classic: SObject = {
  name: 'Note',
  prefix: '002',
  fields: ['ParentId', 'Title', 'Body', 'OwnerId'],
  paths: { OwnerId: 'Owner.Name' },
  atOnce: 500,
  neverInBulk: true,
  mayBeMissing: true,
}

/** A note of the new kind is a document; the first 255 characters of its text come with it, and how many bytes the whole has. */
const document: SObject = {
  name: 'ContentDocument',
  prefix: '069',
  fields: ['Title', 'FileType', 'OwnerId', 'LatestPublishedVersionId'],
  wished: () => ['ContentSize'],
  paths: { OwnerId: 'Owner.Name', LatestPublishedVersionId: 'LatestPublishedVersion.TextPreview' },
  only: "FileType = 'SNOTE'",
  // As many texts are asked for at most before the page is kept: what a break loses stays small.
  atOnce: 100,
  neverInBulk: true,
  mayBeMissing: true,
}

const objects = [classic, document] as const

/** So many ids fit into one address. */
const idsAtOnce = 250

const rows = z.looseObject({ records: z.array(z.looseObject({ Id: z.string() })) })
const links = z.looseObject({
  totalSize: z.number().int().min(0),
  records: z.array(z.looseObject({ ContentDocumentId: z.string(), LinkedEntityId: z.string() })),
  nextRecordsUrl: z.string().optional(),
})

/** Which records documents are linked to must be asked by their ids, in as many answers as it takes. */
function follow([first, ...others]: readonly Reply[], cursor: string): Request[] {
  const { object, phase } = placeOf(cursor)
  const isDocuments = objects[object] === document && ['list', 'named'].includes(phase)
  const found = isDocuments && first !== undefined ? rows.safeParse(first.body) : undefined
  if (found?.success !== true) return []
  const ids = found.data.records.filter(({ IsDeleted }) => IsDeleted !== true).map(({ Id }) => Id)
  const asked = Array.from({ length: Math.ceil(ids.length / idsAtOnce) }, (_, at) =>
    linksOf(ids.slice(at * idsAtOnce, (at + 1) * idsAtOnce)),
  )
  const further = others.flatMap(({ body }): Request[] => {
    const next = links.safeParse(body).data?.nextRecordsUrl
    return next === undefined ? [] : [{ method: 'GET', path: next }]
  })
  return [...asked, ...further].slice(others.length)
}

const linksOf = (ids: string[]): Request => ({ method: 'GET', path: 'query', query: { q: linksQuery(ids) } })

const chained = chain(objects)

function page(reply: Reply, cursor: string, settings: Settings): Page {
  const [body, ...further] = reply.body as unknown[]
  const read = chained.page({ ...reply, body }, cursor, settings)
  if (objects[placeOf(cursor).object] !== document) return read
  const linked = Map.groupBy(allLinks(further), ({ ContentDocumentId }) => ContentDocumentId)
  return {
    ...read,
    items: read.items.map((item) => {
      const { Id } = item as { Id: string }
      const entities = (linked.get(Id) ?? []).map(({ LinkedEntityId }) => LinkedEntityId).sort()
      return { ...(item as Item), links: entities }
    }),
  }
}

/** The links of all these answers, which must be as many as Salesforce counts: each answer counts all of its query, and the last one says no more. */
function allLinks(answers: readonly unknown[]): z.infer<typeof links>['records'] {
  const read = answers.map((answer) => readAs(links, answer, 'the links of documents'))
  const records = read.flatMap((answer) => answer.records)
  const counted = read.reduce(
    (sum, { nextRecordsUrl, totalSize }) => sum + (nextRecordsUrl === undefined ? totalSize : 0),
    0,
  )
  if (records.length !== counted)
    throw new StreamError(
      'E_SHORT_READ',
      `Salesforce counts ${counted} links of documents and sent ${records.length}`,
    )
  return records
}

/** A text of so many bytes is all in the preview. */
const previewBytes = 255

/** A longer text is left where it is: of a note that long we show the beginning. */
const mostTextBytes = 1024 * 1024

const bytesOf = ({ ContentSize }: Item): number | null =>
  typeof ContentSize === 'number' ? ContentSize : null

/**
 * The whole text of a document, by the version that the list names: every change makes another version. "sObject Blob Get" of the
 * REST API Developer Guide (read 2026-11-21): the bytes as they are, for notes HTML.
 */
function detail(item: Item): Request | null {
  const { LatestPublishedVersionId: version } = item
  const bytes = bytesOf(item)
  const isWhole = bytes !== null && (bytes <= previewBytes || bytes > mostTextBytes)
  if (objectOf(item) !== document.name || typeof version !== 'string' || isWhole) return null
  return {
    method: 'GET',
    path: `sobjects/ContentVersion/${version}/VersionData`,
    accepts: 'text',
    mayBeRefused: true,
  }
}

/** A text that is not all there says so by its end. */
function textOf(item: Item): { body: string | null; faults: FieldFault[] } {
  const bytes = bytesOf(item)
  const whole = filled(item, 'detail')
  const got = whole === null ? 0 : Buffer.byteLength(String(item['detail']))
  if (whole !== null && (bytes === null || got >= bytes)) return { body: whole, faults: [] }
  if (whole !== null)
    return {
      body: `${whole}…`,
      faults: [{ path: 'VersionData', reason: `${got} of ${bytes} bytes came` }],
    }
  const preview = through(item, 'LatestPublishedVersion', 'TextPreview')
  const isCut = preview !== null && (bytes === null || bytes > previewBytes)
  return { body: isCut ? `${preview}…` : preview, faults: [] }
}

/** Object reference: Note, ContentDocument, ContentDocumentLink, ContentVersion (read 2026-11-20). */
export const notes: Stream<Settings> = {
  ...changesOf({
    name: 'notes',
    source: 'Note, ContentNote',
    tables: ['notes'],
    objects,
    item: shapes({
      // A document is always linked to its owner: one without a link is one whose links were not told.
      Note: { ParentId: text, Title: text, Body: text, OwnerId: text },
      ContentDocument: { Title: text, OwnerId: text, links: z.array(z.string()).min(1) },
    }),
    version: 2,
    normalise: (item, context) => {
      const read = reader(item)
      const { body, faults } = textOf(item)
      return {
        rows: {
          notes: {
            ...stamps(read),
            ...about(item, context),
            ownerId: link(item, 'OwnerId', 'owners', context),
            author: through(item, 'Owner', 'Name'),
            notedAt: read.when('CreatedDate'),
            body: filled(item, 'Body') ?? body ?? filled(item, 'Title'),
            custom: rest(item, [
              'ParentId',
              'Title',
              'Body',
              'Owner',
              'LatestPublishedVersion',
              'LatestPublishedVersionId',
              'links',
              'ContentSize',
              'detail',
            ]),
          },
        },
        faults: [...read.faults, ...faults],
      }
    },
  }),
  follow,
  page,
  detail,
}

/** A classic note has one parent; a document may be linked to several records, and always to its owner. */
function about(
  item: Item,
  context: Context<Settings>,
): { contactId: string | null; opportunityId: string | null } {
  const named = Array.isArray(item.links) ? (item.links as unknown[]) : [item.ParentId]
  const first = (...prefixes: string[]) =>
    named.find((id) => typeof id === 'string' && prefixes.some((prefix) => id.startsWith(prefix)))
  return {
    contactId: link({ id: first('003', '00Q') }, 'id', 'contacts', context),
    opportunityId: link({ id: first('006') }, 'id', 'opportunities', context),
  }
}
