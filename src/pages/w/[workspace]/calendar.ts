import type { APIRoute } from 'astro'
import { recordDeed } from '../../../commands/record-deed.ts'
import { basisOf } from '../../../domain/freshness.ts'
import { calendarOf } from '../../../exports/calendar.ts'
import { scheduleStreams } from '../../../exports/schedule.ts'
import { findOwners, readSchedule, type Appointment } from '../../../queries/schedule.ts'
import { attachment, fileName } from '../../../exports/file-name.ts'
import { may } from '../../../server/access.ts'
import { scheduleFiltersOf } from '../../../server/list-filters.ts'

const mostEvents = 2_000

/** What lies ahead as a calendar file: the signed-in person's own, that of one owner, or with `owner=all` everybody's. */
export const GET: APIRoute = async ({ locals, url }) => {
  const { workspace, status, person, asTenant, role, actor } = locals
  const basis = basisOf(status.connections, scheduleStreams)
  const scope = { connectionIds: basis.connectionIds, timeZone: workspace.timeZone, now: status.now }
  const { owner } = scheduleFiltersOf(url.searchParams)
  const isOwn = owner === undefined && url.searchParams.get('owner') !== 'all'
  if (!isOwn && !may(role, 'export'))
    return new Response("Your role takes your own appointments along, and nobody else's.\n", { status: 403 })
  const events = await asTenant(async (tx) => {
    const ofOwner = async (id: string | undefined): Promise<Appointment[]> =>
      (await readSchedule(tx, scope, { owner: id }, { most: mostEvents, from: null })).rows
    const after = { owner: isOwn ? person.email : (owner ?? 'all') }
    await recordDeed(tx, actor, { deed: 'exported', target: 'calendar', after })
    if (!isOwn) return ofOwner(owner)
    const all = []
    for (const id of await findOwners(tx, scope, person.email)) all.push(...(await ofOwner(id)))
    return all
  })
  return new Response(calendarOf(events, { workspace, now: status.now }), {
    headers: {
      'content-type': 'text/calendar; charset=utf-8',
      'content-disposition': attachment(fileName(workspace, 'calendar', status.now, 'ics')),
    },
  })
}
