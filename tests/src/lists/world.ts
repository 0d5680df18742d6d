import { minutesAgo, type Connection, type Seed } from '../seed.ts'

const streams = ['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'notes', 'activities']

/** A workspace whose every stream is complete, with nothing in it yet. */
export async function emptyWorkspace(
  seed: Seed,
  slug: string,
  row: Record<string, unknown> = {},
): Promise<Connection> {
  const connection = await seed.connection(await seed.tenant(slug, row))
  await seed.run(connection)
  for (const stream of streams) await seed.cursor(connection, stream, minutesAgo(14))
  return connection
}

export type Cast = {
  dana: string
  marcus: string
  approved: string
  sent: string
  priya: string
  gareth: string
}

/** Two owners, three stages, two people. */
export async function cast(seed: Seed, connection: Connection): Promise<Cast> {
  const stage = (name: string, position: number, probability: string | null) =>
    seed.record('stages', connection, { name, position, probability, is_active: true, outcome: 'open' })
  const owner = (name: string, email: string) => seed.record('owners', connection, { name, email })
  const contact = (first_name: string, last_name: string) =>
    seed.record('contacts', connection, { first_name, last_name })
  await stage('New', 1, '0.1')
  return {
    dana: await owner('Dana Mercado', 'dana@example.com'),
    marcus: await owner('Marcus Oyelaran', 'marcus@example.com'),
    sent: await stage('FDD sent', 2, '0.5'),
    approved: await stage('Approved', 3, '0.9'),
    priya: await contact('Priya', 'Raghunathan'),
    gareth: await contact('Gareth', 'Llewellyn'),
  }
}

/** Something hot, something on the way to it, notes with and without markup, and days ahead with an overlap. */
export async function seedLists(seed: Seed, connection: Connection): Promise<Cast> {
  const people = await cast(seed, connection)
  const open = { status: 'open', currency: 'USD', owner_id: people.dana }
  await seed.record('opportunities', connection, {
    ...open,
    title: 'Gareth Llewellyn',
    contact_id: people.gareth,
    stage_id: people.approved,
    market: 'Charlotte, NC',
    units: 4,
    weighted_fee_minor: 13_338_050,
    expected_close_on: '2026-12-18',
  })
  const moved = await seed.record('opportunities', connection, {
    ...open,
    title: null,
    contact_id: people.priya,
    stage_id: people.approved,
    probability: '0.625',
    market: 'Austin–Round Rock',
    units: 3,
    weighted_fee_minor: 1_111_500,
  })
  await seed.insert('opportunity_versions', {
    tenant_id: connection.tenantId,
    opportunity_id: moved,
    valid_from: minutesAgo(20_000),
    valid_to: minutesAgo(3 * 1_440),
    run_id: connection.id,
    snapshot_id: connection.id,
    stage_id: people.sent,
    stage_name: 'FDD sent',
    status: 'open',
  })
  const others = [
    {
      title: 'Toronto',
      stage_id: people.sent,
      currency: 'CAD',
      weighted_fee_minor: 9_999_999,
      owner_id: people.marcus,
    },
    { title: 'No fee', stage_id: people.sent, currency: null, weighted_fee_minor: null },
    { title: 'Too cold', stage_id: people.approved, probability: '0.3999' },
    { title: 'Won', stage_id: people.approved, status: 'won' },
    { title: 'Gone', stage_id: people.approved, deleted_at: new Date(), deleted_because: 'flag' },
  ]
  for (const other of others) await seed.record('opportunities', connection, { ...open, ...other })
  const note = (row: Record<string, unknown>) =>
    seed.record('notes', connection, { author: 'Dana Mercado', contact_id: people.priya, ...row })
  await note({
    body: `<p>Spoke 20 min. Wants <b>Item 19</b> for Round Rock &amp; the lease.</p><ul><li>${'Partner is wary of the rent. '.repeat(12)}</li></ul><p>See <a href="https://example.com/fdd">the FDD</a></p>`,
    noted_at: minutesAgo(60 * 26),
  })
  await note({ body: 'Called back, 100% sure_thing', noted_at: minutesAgo(30), author: 'Marcus Oyelaran' })
  await note({ body: 'Without a date', noted_at: null })
  const call = { kind: 'call', is_done: false, owner_id: people.dana, contact_id: people.gareth }
  const ahead = (minutes: number, row: Record<string, unknown> = {}) =>
    seed.record('activities', connection, {
      ...call,
      subject: `In ${minutes} min`,
      due_at: minutesAgo(-minutes),
      ...row,
    })
  await ahead(3_000, { ends_at: minutesAgo(-3_060), details: '<p>Bring the <b>map</b></p>' })
  await ahead(3_030, { kind: 'video' })
  await ahead(3_040, { owner_id: people.marcus, contact_id: null, subject: null })
  await ahead(-3 * 1_440, { subject: 'Late' })
  await ahead(-2 * 1_440, { subject: 'Had lunch', is_done: true })
  return people
}
