import type { Note } from './facts.ts'
import { prefixes, salesforceId } from './salesforce-ids.ts'
import {
  kept,
  object,
  refersTo,
  type Definition,
  type KeptOf,
  type ObjectType,
} from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'
import { whoId } from './salesforce-people.ts'

// Notes of the classic kind and of the new one, which is a document that is linked to what it is about: every other one of the world's.

export type Held = Note & { personIndex: number }
type Link = Held & { entityId: string }

const owner: Definition<Note> = [
  'OwnerId',
  'reference',
  ({ author }, org) => salesforceId('User', org.ownerNamed(author)),
  refersTo('Owner', 'User'),
]
const title: Definition<Note> = ['Title', 'string', ({ text }) => plain(text).slice(0, 50) || 'Untitled Note']
const size: Definition<Note> = ['ContentSize', 'int', (of, org) => Buffer.byteLength(org.textOf(of).text)]
const previewed: Definition<Note> = ['TextPreview', 'string', preview]

/** The version of a note's document that is the newest: each rewriting makes another. */
const versionOf = (of: Note, org: Org): string =>
  salesforceId('ContentVersion', of.id * 1_000 + org.textOf(of).times)

const latestVersion: Definition<Note> = [
  'LatestPublishedVersionId',
  'reference',
  versionOf,
  refersTo('LatestPublishedVersion', 'ContentVersion'),
]

/** In a query a blob is the address that gives it. */
const blob = (name: string, idOf: (of: Note, org: Org) => string, field: string): Definition<Note> => [
  field,
  'base64',
  (of, org) => `/services/data/v67.0/sobjects/${name}/${idOf(of, org)}/${field}`,
]

export const note: ObjectType = object<Held>({
  name: 'Note',
  keyPrefix: prefixes.Note,
  follows: ['notes', 'people', 'deals'],
  fields: [
    [
      'ParentId',
      'reference',
      ({ personIndex }, org) => whoId(org, personIndex),
      refersTo('Parent', 'Contact', 'Lead'),
    ],
    title,
    ['Body', 'textarea', ({ text }) => text],
    owner,
  ],
  keep: (org) => notesOf(org, false, ({ id }) => salesforceId('Note', id)),
})

export const contentDocument: ObjectType = object<Held>({
  name: 'ContentDocument',
  keyPrefix: prefixes.ContentDocument,
  follows: ['notes', 'people', 'deals'],
  fields: [title, ['FileType', 'string', () => 'SNOTE'], size, latestVersion, owner],
  keep: documentsOf,
})

export const contentNote: ObjectType = object<Held>({
  name: 'ContentNote',
  keyPrefix: prefixes.ContentDocument,
  follows: ['notes', 'people', 'deals'],
  fields: [
    title,
    previewed,
    ['FileType', 'string', () => 'SNOTE'],
    size,
    latestVersion,
    blob('ContentNote', ({ id }) => salesforceId('ContentDocument', id), 'Content'),
    owner,
  ],
  keep: documentsOf,
})

export const contentVersion: ObjectType = object<Held>({
  name: 'ContentVersion',
  keyPrefix: prefixes.ContentVersion,
  follows: ['notes', 'people', 'deals'],
  isReplicateable: false,
  fields: [title, previewed, size, blob('ContentVersion', versionOf, 'VersionData')],
  keep: (org) => documentsOf(org).map((document) => ({ ...document, id: versionOf(document.of, org) })),
})

/** A note is linked to what it is about, and to the user who wrote it. */
export const contentDocumentLink: ObjectType = object<Link>({
  name: 'ContentDocumentLink',
  keyPrefix: prefixes.ContentDocumentLink,
  follows: ['notes', 'people', 'deals'],
  needsFilterOn: ['ContentDocumentId', 'LinkedEntityId'],
  fields: [
    [
      'ContentDocumentId',
      'reference',
      ({ id }) => salesforceId('ContentDocument', id),
      refersTo('ContentDocument', 'ContentDocument'),
    ],
    ['LinkedEntityId', 'reference', ({ entityId }) => entityId],
    ['ShareType', 'picklist', () => 'V'],
    ['Visibility', 'picklist', () => 'AllUsers'],
  ],
  keep: (org) =>
    documentsOf(org).flatMap((document) => {
      const { id, personIndex, author } = document.of
      const entities = [whoId(org, personIndex), salesforceId('User', org.ownerNamed(author))]
      return entities.map((entityId, at) => ({
        ...document,
        id: salesforceId('ContentDocumentLink', id * 2 + at),
        of: { ...document.of, entityId },
      }))
    }),
})

function documentsOf(org: Org): KeptOf<Held>[] {
  return notesOf(org, true, ({ id }) => salesforceId('ContentDocument', id))
}

/** A note goes with its person. */
function notesOf(org: Org, isNew: boolean, idOf: (note: Note) => string): KeptOf<Held>[] {
  const { world } = org
  return world.people.flatMap((person, personIndex) => {
    if (person.mergedInto !== 0) return []
    return world.notebook.everOf(personIndex).flatMap(({ note: written, removedAt: torn }) => {
      if ((written.id % 2 === 1) !== isNew) return []
      const removedAt = torn || person.removedAt
      const { createdAt } = written
      const moved = Math.max(org.movedAt('notes', written.id), convertedAt(org, personIndex))
      const stamp = Math.max(createdAt, removedAt, moved)
      const { visibleAt } = person
      return [{ ...kept(idOf(written), createdAt, stamp, { ...written, personIndex }), removedAt, visibleAt }]
    })
  })
}

/** With a lead its notes become the contact's. */
function convertedAt(org: Org, personIndex: number): number {
  return org.hasLead(personIndex) ? org.convertedAt(personIndex) : 0
}

/** The first 255 characters, without the HTML. */
function preview(of: Note, org: Org): string {
  return plain(org.textOf(of).text).slice(0, 255)
}

function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
