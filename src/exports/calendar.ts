import ical, { escape } from 'ical-generator'
import type { Appointment } from '../queries/schedule.ts'
import { plainText } from '../server/safe-html.ts'

/**
 * Appointments as a calendar (RFC 5545), with the lines that it says of itself. Times are UTC, so that no change of the clocks can
 * move them.
 */
export function calendarOf(
  events: readonly Appointment[],
  { workspace, now, lines }: { workspace: { name: string }; now: Date; lines: readonly [string, string][] },
): string {
  const calendar = ical({
    // The library writes these two as they come.
    name: escape(`Schedule of ${oneLine(workspace.name)}`, false),
    description: escape(lines.map(([name, value]) => `${name}: ${oneLine(value)}`).join('\n'), false),
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
