import type { APIRoute } from 'astro'
import type { Tx } from '../../../../drizzle/db.ts'
import { recordDeed } from '../../../commands/record-deed.ts'
import { basisOf } from '../../../domain/freshness.ts'
import { calendarOf } from '../../../exports/calendar.ts'
import { ownerWords } from '../../../exports/owner-words.ts'
import { scheduleStreams } from '../../../exports/schedule.ts'
import { stampOf } from '../../../exports/stamp.ts'
import { exactTime } from '../../../format.ts'
import { findOwners, readSchedule, type Appointment, type ScheduleScope } from '../../../queries/schedule.ts'
import { attachment, fileName } from '../../../exports/file-name.ts'
import { may } from '../../../server/access.ts'
import { scheduleFiltersOf } from '../../../server/list-filters.ts'

/** Of one owner; a calendar that leaves something out says so. */
const mostEvents = 2_000

/** What lies ahead as a calendar file: the signed-in person's own, that of one owner, or with `owner=all` everybody's. */
export const GET: APIRoute = async ({ locals, url }) => {
  const { workspace, status, person, asTenant, role, actor } = locals
  const basis = basisOf(status.connections, scheduleStreams)
  const { connectionIds } = basis
  const { id: tenantId, timeZone, currency } = workspace
  const scope = { tenantId, connectionIds, timeZone, currency, now: status.now }
  const { owner } = scheduleFiltersOf(url.searchParams)
  const isOwn = owner === undefined && url.searchParams.get('owner') !== 'all'
  if (!isOwn && !may(role, 'export'))
    return new Response("Your role takes your own appointments along, and nobody else's.\n", { status: 403 })
  const { events, cutAt, filters } = await asTenant(async (tx) => {
    const after = { owner: isOwn ? person.email : (owner ?? 'all') }
    await recordDeed(tx, actor, { deed: 'exported', target: 'calendar', after })
    return {
      ...(await aheadOf(tx, scope, isOwn ? await findOwners(tx, scope, person.email) : [owner])),
      filters: isOwn ? [`Owner: ${person.email}`] : await ownerWords(tx, scope, owner),
    }
  })
  const lines = stampOf({
    workspace,
    heading: 'Schedule',
    count: events.length,
    filters,
    streams: scheduleStreams,
    connections: status.connections,
    basis,
    now: status.now,
  })
  for (const at of cutAt) lines.push(['Left out', `what lies after ${exactTime(at, timeZone)}`])
  return new Response(calendarOf(events, { workspace, now: status.now, lines }), {
    headers: {
      'content-type': 'text/calendar; charset=utf-8',
      'content-disposition': attachment(fileName(workspace, 'calendar', status.now, 'ics')),
    },
  })
}

/** What lies ahead of each of these owners, of everybody for undefined, and where each that is longer than a calendar was cut off. */
async function aheadOf(tx: Tx, scope: ScheduleScope, owners: readonly (string | undefined)[]) {
  const events: Appointment[] = []
  const cutAt: Date[] = []
  for (const owner of owners) {
    const { rows, next } = await readSchedule(tx, scope, { owner }, { most: mostEvents, from: null })
    events.push(...rows)
    const last = rows.at(-1)
    if (next !== null && last) cutAt.push(last.at)
  }
  return { events, cutAt }
}
