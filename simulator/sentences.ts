import type { Business } from './businesses.ts'
import type { ActivityKind } from './facts.ts'
import type { Random } from './random.ts'
import type { Phase } from './stages.ts'

/** Whom a note is about, who writes it, and where the sale stands. */
export type Mention = {
  person: { firstName: string; city: string }
  owner: { firstName: string }
  phase: Phase
}

/**
 * One note as a sales rep types it. Roughly one in five carries HTML, as the rich text box of a CRM leaves it.
 * Slots are filled from the mention and the business.
 */
export function noteText(random: Random, business: Business, mention: Mention): string {
  const slots: Record<string, string> = {
    name: mention.person.firstName || 'Lead',
    city: mention.person.city,
    owner: mention.owner.firstName,
    amount: `$${dollars.format(random.pick(business.fees))}`,
    brand: business.brand,
    unit: business.unit,
    ask: random.pick(business.asks),
    background: random.pick(business.backgrounds),
    day: random.pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']),
  }
  const template = random.chance(0.82) ? random.pick(plain[mention.phase]) : random.pick(rich)
  return template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => slots[slot] ?? '')
}

const dollars = new Intl.NumberFormat('en-US')

/** By phase of the sale. */
const plain = {
  first: [
    'Left voicemail, sent intro email with the {brand} one-pager.',
    'Good first call. {name} is a {background}, wants to be owner-operator. Asked about {ask}.',
    'No answer, second attempt. Will try again {day} morning.',
    'Met at the trade show booth, asked mostly about {ask}. Hot.',
    'Number goes to a full mailbox. Emailed instead.',
    '{owner} took over this file, introduced myself by phone. Friendly, prefers texts after 5 pm.',
    'Called about {ask}. Sent the recorded webinar.',
    'Texted a reminder for {day}. Thumbs up 👍',
    'Wants to keep the day job for six months. Explained the semi-absentee model, not a fit for every market.',
  ],
  middle: [
    'Spouse joins the next call. Both want to understand {ask} before they look at the FDD.',
    'Questionnaire came back: liquid capital fine, net worth a little short. Suggested a partner.',
    'FDD sent, receipt signed the same day. 14-day clock is running.',
    'Walked through Item 19. {name} ran the numbers and likes the middle third. Next: talk to two franchisees.',
    'Wants {city} and the next {unit} north of it. Checked the map, both open today.',
    'Broker says {name} is also looking at two other brands. Decision before the end of the month.',
    'Call moved to {day}, kid is sick.',
    'FDD review call done, 50 min. Most questions were on {ask} and the renewal terms.',
    'Asked for a discount on the second {unit}. Told {name} the fee schedule is the fee schedule, offered the veteran rate instead.',
  ],
  last: [
    'Validation calls done, three out of three positive. Booked Discovery Day for {day}.',
    'SBA lender pre-approved up to {amount}. Sending the franchise agreement timeline.',
    'Attorney has comments on the transfer clause. Legal looks at it {day}.',
    'Discovery Day went great, team liked {name}. Committee votes {day}.',
    'Franchise agreement out for signature. Fee of {amount} confirmed.',
  ],
  won: [
    'Signed and deposit wired. 🎉 Handing over to onboarding.',
    'Agreement countersigned, {amount} received. Kick-off call with onboarding on {day}.',
    'Welcome aboard, {name}! Lease for {city} goes to the attorney {day}.',
  ],
  lost: [
    'Went quiet after the last call. Sent a short "still interested?" text.',
    'Not this year, selling a house first. Follow up in spring.',
    'Chose a competing brand. Asked to stay on the newsletter.',
    'Number is disconnected, email bounced. Closing the file.',
    'Territory they want is taken, nothing else within an hour works for them.',
  ],
}

const rich = [
  '<p>Call with <b>{name}</b>, 35 min.</p><ul><li>Background: {background}</li><li>Capital: ok</li><li>Asked about {ask}</li></ul>',
  '<p>Intro call complete.<br>Next step: questionnaire by {day}.</p>',
  'Summary:<br/>- territory: {city}<br/>- timeline: 3&ndash;6 months<br/>- concern: {ask}',
  '<div>{name} asked to see <a href="https://example.com/fdd">the FDD</a> again &amp; the fee table.</div>',
  '<p><i>From email:</i> &quot;We loved meeting the team. Can we talk {day}?&quot;</p>',
]

/** Titles of what stands in a rep's calendar, by kind and by phase of the sale. */
export const activityTitles: Record<Exclude<ActivityKind, 'email'>, Record<Phase, readonly string[]>> = {
  appointment: {
    first: ['Initial call', 'Introduction by video', 'Questionnaire walk-through'],
    middle: ['FDD review call', 'Territory review', 'Item 19 walk-through', 'Call with both partners'],
    last: ['Discovery Day', 'Meeting with the founder', 'Agreement review', 'Validation call debrief'],
    won: ['Onboarding kick-off', 'Site visit', 'Training week planning'],
    lost: ['Second look call', 'Spring check-in'],
  },
  call: {
    first: ['Follow-up call', 'Call back after the webinar'],
    middle: ['Check-in call', 'Call back about financing'],
    last: ['Call the lender', 'Check-in before Discovery Day'],
    won: ['Welcome call'],
    lost: ['Check-in call'],
  },
  task: {
    first: ['Send questionnaire', 'Send the one-pager'],
    middle: ['Send FDD', 'Ask for references', 'Check the territory map'],
    last: ['Prepare franchise agreement', 'Book travel for Discovery Day'],
    won: ['Hand over the file'],
    lost: ['Move to the newsletter'],
  },
}
