import type { Business } from './businesses.ts'
import type { Random } from './random.ts'

/** What a note may speak of. */
export type Mention = { firstName: string; city: string; owner: string; amount: string }

/**
 * One note as a sales rep types it. Roughly one in five carries HTML, as the rich text box of a CRM leaves it.
 * Slots are filled from the mention and the business.
 */
export function noteText(random: Random, business: Business, mention: Mention): string {
  const slots: Record<string, string> = {
    name: mention.firstName || 'Lead',
    city: mention.city,
    owner: mention.owner,
    amount: mention.amount,
    brand: business.brand,
    unit: business.unit,
    ask: random.pick(business.asks),
    background: random.pick(business.backgrounds),
    day: random.pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']),
  }
  const template = random.chance(0.8) ? random.pick(plain) : random.pick(rich)
  return template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => slots[slot] ?? '')
}

const plain = [
  'Left voicemail, sent intro email with the {brand} one-pager.',
  'Good first call. {name} is a {background}, wants to be owner-operator. Asked about {ask}.',
  'No answer, second attempt. Will try again {day} morning.',
  'Spouse joins the next call. Both want to understand {ask} before they look at the FDD.',
  'FDD sent, receipt signed the same day. 14-day clock is running.',
  'Walked through Item 19. {name} ran the numbers and likes the middle third. Next: talk to two franchisees.',
  'Questionnaire came back: liquid capital fine, net worth a little short. Suggested a partner.',
  'Wants {city} and the next {unit} north of it. Checked the map, both open today.',
  'Went quiet after the FDD review. Sent a short "still interested?" text.',
  'Validation calls done, three out of three positive. Booked Discovery Day for {day}.',
  'Broker says {name} is also looking at two other brands. Decision before the end of the month.',
  'SBA lender pre-approved up to {amount}. Sending the franchise agreement timeline.',
  'Not this year, selling a house first. Follow up in spring.',
  'Asked for a discount on the second {unit}. Told {name} the fee schedule is the fee schedule, offered the veteran rate instead.',
  '{owner} took over this file, introduced myself by phone. Friendly, prefers texts after 5 pm.',
  'Attorney has comments on the transfer clause. Legal looks at it {day}.',
  'Met at the trade show booth, asked mostly about {ask}. Hot.',
  'Texted a reminder for {day}. Thumbs up 👍',
  'Call moved to {day}, kid is sick.',
  'Number is disconnected. Emailed instead.',
  'Discovery Day went great, team liked {name}. Committee votes {day}.',
  'Fee of {amount} confirmed, deposit wired. 🎉',
  'Wants to keep the day job for six months. Explained the semi-absentee model, not a fit for every market.',
  'Called about {ask}. Sent the recorded webinar.',
]

const rich = [
  '<p>Call with <b>{name}</b>, 35 min.</p><ul><li>Background: {background}</li><li>Capital: ok</li><li>Asked about {ask}</li></ul>',
  '<p>Intro call complete.<br>Next step: questionnaire by {day}.</p>',
  'Summary:<br/>- territory: {city}<br/>- timeline: 3&ndash;6 months<br/>- concern: {ask}',
  '<div>{name} asked to see <a href="https://example.com/fdd">the FDD</a> again &amp; the fee table.</div>',
  '<p><i>From email:</i> &quot;We loved meeting the team. Can we talk {day}?&quot;</p>',
]

/** Titles of what stands in a rep's calendar. */
export const activityTitles = {
  appointment: [
    'Initial call',
    'FDD review call',
    'Discovery Day',
    'Meeting with the founder',
    'Territory review',
  ],
  call: ['Follow-up call', 'Check-in call', 'Call back about financing'],
  task: ['Send FDD', 'Send questionnaire', 'Prepare franchise agreement', 'Ask for references'],
} as const
