import { rowAt, type Note } from './facts.ts'
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

type Held = Note & { personIndex: number }
type Link = Held & { entityId: string }

const owner: Definition<Note> = [
  'OwnerId',
  'reference',
  ({ author }, org) => salesforceId('User', org.ownerNamed(author)),
  refersTo('Owner', 'User'),
]
const title: Definition<Note> = ['Title', 'string', ({ text }) => plain(text).slice(0, 50) || 'Untitled Note']

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
  fields: [
    title,
    ['FileType', 'string', () => 'SNOTE'],
    [
      'LatestPublishedVersionId',
      'reference',
      ({ id }) => salesforceId('ContentDocument', id),
      refersTo('LatestPublishedVersion', 'ContentVersion'),
    ],
    owner,
  ],
  keep: documentsOf,
})

export const contentNote: ObjectType = object<Held>({
  name: 'ContentNote',
  keyPrefix: prefixes.ContentDocument,
  follows: ['notes', 'people', 'deals'],
  fields: [title, ['TextPreview', 'string', preview], ['FileType', 'string', () => 'SNOTE'], owner],
  keep: documentsOf,
})

export const contentVersion: ObjectType = object<Held>({
  name: 'ContentVersion',
  keyPrefix: '068',
  follows: ['notes', 'people', 'deals'],
  isReplicateable: false,
  fields: [title, ['TextPreview', 'string', preview]],
  keep: documentsOf,
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
  return rowAt(org.world.people, personIndex).kind === 'prospect' ? org.convertedAt(personIndex) : 0
}

/** The first 255 characters, without the HTML. */
function preview({ text }: Held): string {
  return plain(text).slice(0, 255)
}

function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
