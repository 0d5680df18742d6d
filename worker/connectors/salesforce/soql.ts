import type { Place } from './place.ts'

/** An instant as a condition writes it: unquoted, UTC, and only as precise as it is. */
export function instantLiteral(instant: string): string {
  const utc = new Date(instant.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')).toISOString()
  return utc.endsWith('.000Z') ? `${utc.slice(0, 19)}Z` : utc
}

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`

/** The second in which an instant lies, so that a fraction never hides a record. */
const toSecond = (instant: string): string => `${new Date(instant).toISOString().slice(0, 19)}Z`

/**
 * The query for one page: what comes after the last record that was read, by (SystemModstamp, Id), so that records which share a
 * stamp are neither lost nor read for ever. There is no upper bound: what changes while we read comes once more, at the end.
 */
export function pageQuery(
  object: string,
  place: Place,
  pageSize: number,
  only?: string,
  dueAt?: string,
): string {
  const where = whereOf(place, only, dueAt)
  return `SELECT ${place.columns.join(', ')} FROM ${object}${where} ORDER BY SystemModstamp ASC, Id ASC LIMIT ${pageSize}`
}

function scope({ phase, since, now, isWhole, after, columns }: Place, dueAt = 'EndDateTime'): string[] {
  const isThere = columns.includes('IsDeleted') ? 'IsDeleted = false' : ''
  const from = since === null ? '' : toSecond(since)
  if (phase === 'due') return [isThere, `${dueAt} >= ${from}`, `${dueAt} < ${toSecond(now)}`]
  const changed = after === null && from !== '' ? `SystemModstamp >= ${from}` : ''
  if (phase === 'bin') return ['IsDeleted = true', changed]
  return isWhole ? [isThere] : [changed]
}

function beyond({ stamp, id }: NonNullable<Place['after']>): string {
  const at = instantLiteral(stamp)
  return `((SystemModstamp = ${at} AND Id > ${quoted(id)}) OR SystemModstamp > ${at})`
}

/** The query for all that the list has left, in no order: an order would make one great part of a job's results. */
export function bulkQuery(object: string, place: Place, only?: string): string {
  return `SELECT ${place.columns.join(', ')} FROM ${object}${whereOf(place, only)}`
}

/** The query for how many there are. */
export const countQuery = (object: string, place: Place, only?: string): string =>
  `SELECT COUNT() FROM ${object}${whereOf(place, only)}`

function whereOf(place: Place, only = '', dueAt?: string): string {
  const { after } = place
  const conditions = [...scope(place, dueAt), only, after === null ? '' : beyond(after)]
  const where = conditions.filter((condition) => condition !== '').join(' AND ')
  return where && ` WHERE ${where}`
}

/** The query for single records, deleted ones too. */
export const namedQuery = (
  object: string,
  columns: readonly string[],
  ids: readonly string[],
  only?: string,
): string =>
  `SELECT ${columns.join(', ')} FROM ${object} WHERE Id IN (${ids.map(quoted).join(', ')})${only === undefined ? '' : ` AND ${only}`}`

/** The query for what documents are linked to, which must name them. */
export const linksQuery = (ids: readonly string[]): string =>
  `SELECT ContentDocumentId, LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId IN (${ids.map(quoted).join(', ')})`

/** The query for the newest tasks about an opportunity. */
export const tasksQuery = (opportunity: string): string =>
  `SELECT Id, Description, IsClosed FROM Task WHERE WhatId = ${quoted(opportunity)} ORDER BY CreatedDate DESC LIMIT 200`

/** The query for the stages in which an opportunity can be closed. */
export const closedStagesQuery =
  'SELECT MasterLabel, IsWon FROM OpportunityStage WHERE IsActive = true AND IsClosed = true ORDER BY SortOrder ASC'
