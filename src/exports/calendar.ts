import ical from 'ical-generator'
import type { Appointment } from '../queries/schedule.ts'
import { plainText } from '../server/safe-html.ts'

/** Appointments as a calendar (RFC 5545). Times are UTC, so that no change of the clocks can move them. */
export function calendarOf(
  events: readonly Appointment[],
  { workspace, now }: { workspace: { name: string }; now: Date },
): string {
  const calendar = ical({
    name: `Schedule of ${oneLine(workspace.name)}`,
    prodId: { company: 'Tidemark', product: 'Schedule' },
  })
  for (const event of events) {
    const end = event.endsAt !== null && event.endsAt > event.at ? { end: event.endsAt } : {}
    calendar.createEvent({
      id: `${event.id}@tidemark`,
      stamp: now,
      start: event.at,
      ...end,
      summary: oneLine([event.subject ?? event.kind, event.contact].filter(Boolean).join(', ')),
      description: plainText(event.details ?? '') || null,
      categories: [{ name: oneLine(event.kind) }],
    })
  }
  return calendar.toString()
}

const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
