import type { Visitor } from './visitor.ts'
import type { TestApp } from './app.ts'
import type { Connection } from './seed.ts'

const hour = 60
const day = 24 * hour
/** An instant so many minutes from now. */
export const minutesAhead = (minutes: number): Date => new Date(Date.now() + minutes * 60_000)

export type Desk = {
  slug: string
  tenantId: string
  connection: Connection
  /** A rep whose name is Kofi Tandoh. */
  kofi: Visitor
  /** By their title. */
  ids: Map<string, string>
  /** Makes an open opportunity with its steps one after the other. */
  opportunity: (title: string, row?: Row, ...steps: Row[]) => Promise<string>
  /** Plans something the CRM has. */
  task: (row: Row) => Promise<string>
}

type Row = Record<string, unknown>

/** A client with work in every bucket: late, today, this week and later, put off, unplanned, and planned otherwise by the CRM. */
export async function seedDesk(app: TestApp, { slug = 'tidewell', isBusy = true } = {}): Promise<Desk> {
  const { seed } = app
  const tenantId = await seed.tenant(slug, { name: 'Tidewell Car Wash' })
  const connection = await seed.connection(tenantId)
  const runId = await seed.run(connection)
  for (const stream of ['owners', 'stages', 'opportunities', 'notes', 'activities']) {
    await seed.cursor(connection, stream, minutesAhead(-14))
    await seed.pass(connection, runId, stream)
  }
  const kofi = await app.as('rep', tenantId)
  await seed.client.query(`update auth.users set name = 'Kofi Tandoh' where email = $1`, [kofi.email])
  const { rows } = await seed.client.query<{ id: string }>('select id from auth.users where email = $1', [
    kofi.email,
  ])
  const madeBy = rows[0]?.id
  const dana = await seed.record('owners', connection, {
    name: 'Dana Mercado',
    email: 'dana@example.com',
    is_active: true,
  })
  const stage = (name: string, position: number) =>
    seed.record('stages', connection, { name, position, is_active: true, outcome: 'open', probability: 0.3 })
  const stages = [await stage('Intro call', 1), await stage('FDD sent', 2), await stage('Validation', 3)]
  const ids = new Map<string, string>()
  const opportunity = async (title: string, row: Row = {}, ...steps: Row[]) => {
    const values = { status: 'open', title, currency: 'USD', owner_id: dana, stage_id: stages[ids.size % 3] }
    const id = await seed.record('opportunities', connection, { ...values, ...row })
    ids.set(title, id)
    for (const [nth, step] of steps.entries())
      await seed.insert('next_actions', {
        tenant_id: tenantId,
        opportunity_id: id,
        number: nth + 1,
        how: nth === 0 ? 'planned' : 'moved',
        made_by: madeBy,
        made_at: minutesAhead(-20 * day + nth),
        ...step,
      })
    return id
  }
  const task = (row: Row) => seed.record('activities', connection, { kind: 'call', is_done: false, ...row })
  if (isBusy) await seedWork(app, { tenantId, connection, opportunity, task, dana })
  return { slug, tenantId, connection, kofi, ids, opportunity, task }
}

type Made = Pick<Desk, 'tenantId' | 'connection' | 'opportunity' | 'task'> & { dana: string }

async function seedWork({ seed }: TestApp, { connection, opportunity, task, dana }: Made): Promise<void> {
  const step = (at: Date, details: string, row: Row = {}) => ({ due_at: at, details, ...row })
  const priya = await opportunity(
    'Priya Raghunathan',
    { amount_minor: 11_115_000, market: 'Austin, TX', units: 3 },
    step(minutesAhead(-6 * day), 'Call to confirm FDD receipt', { kind: 'Call', moves: 3 }),
  )
  await seed.record('notes', connection, {
    body: 'Called',
    noted_at: minutesAhead(-12 * day),
    opportunity_id: priya,
  })
  const marcus = await opportunity(
    'Marcus Oyelaran',
    { amount_minor: 7_410_000, market: 'Columbus, OH', units: 2 },
    step(minutesAhead(-4 * day), 'Send Item 19 walk-through recording', { kind: 'Email' }),
  )
  await task({ opportunity_id: marcus, subject: 'Send the redline', due_at: minutesAhead(3 * day) })
  await opportunity(
    'Wren Castellanos',
    { amount_minor: null, market: 'Tulsa, OK', units: 1, owner_id: null },
    step(minutesAhead(-2 * day), 'Text the site photos they asked for', { kind: 'Text' }),
  )
  await opportunity(
    'Amara Okonjo',
    { amount_minor: 2_964_000, market: 'Raleigh, NC', units: 2 },
    step(minutesAhead(1), 'First call: two-site inquiry', { kind: 'Call' }),
  )
  await opportunity(
    'Lena Vogelsang',
    { amount_minor: 5_557_500 },
    step(minutesAhead(9 * day), 'Discovery day prep', { kind: 'Meeting' }),
  )
  await opportunity(
    'Ray Tsosie',
    { amount_minor: 3_705_000 },
    step(minutesAhead(40 * day), 'Ask for two more references'),
  )
  for (const [nth, title] of [
    'Colette Marchand',
    'Dwight Pemberton',
    'Yuki Hashimoto',
    'Omar Haddad',
  ].entries())
    await opportunity(title, { amount_minor: 6_175_000 - nth * 1_235_000, market: 'Tampa, FL' })
  const contact = await seed.record('contacts', connection, { first_name: 'Deon', last_name: 'Whitfield' })
  await task({
    contact_id: contact,
    owner_id: dana,
    subject: 'Return his call',
    due_at: minutesAhead(-3 * day),
  })
  const bo = await opportunity('Bo Lindqvist', { amount_minor: 2_223_000 })
  await task({
    opportunity_id: bo,
    subject: 'Confirm net worth form',
    kind: 'email',
    due_at: minutesAhead(-day),
  })
}
