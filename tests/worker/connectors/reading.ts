import { connectors } from '../../../worker/connectors/registry.ts'
import type { AnyConnector, Context, Normalised, Stream } from '../../../worker/connectors/connector.ts'
import { contextOf } from '../../../worker/context.ts'
import { readSettings } from '../../../worker/open.ts'

/** A row as ClientTether sends it. */
export type Wire = Record<string, unknown>

export const clientTether = (await connectors.get('clienttether')) as AnyConnector
export const connectionId = '0f0e0d0c-0b0a-4908-8706-050403020100'

/** Ann of Rosewood Care, as the list of clients shows her. */
export const ann: Wire = {
  client_id: '8051632',
  firstName: 'Ann',
  lastName: 'Ferreira',
  compName: '',
  email: 'ann.ferreira@example.com',
  phone: '5550100100',
  clients_lead_source: 'Franchise Gator',
  clients_sales_cycle: '',
  deal_size: '$90,000',
  created: '2026-02-03 14:05:11',
  last_modified_date: '2026-02-05 09:12:40',
  contact_type: '1',
  assigned_user: '{"first_name":"Pat","last_name":"Okafor"}',
  clients_action_plan: 'New Lead Drip',
}

/** Her chance, as the list of opportunities shows it. */
export const chance: Wire = {
  opportunity_id: '14051632',
  client_id: '8051632',
  firstName: 'Ann',
  lastName: 'Ferreira',
  compName: '',
  contact_sales_cycle: 'Discovery Day Booked',
  deal_size: '90,000.50',
  created: '02/03/2026 2:05 PM',
  last_modified_date: '2026-02-05T09:12:40Z',
  contact_lead_source: 'Referral',
  contact_action_plan: '',
  contact_type: '1',
  assigned_user: 'Pat Okafor',
  market: 'Tulsa, OK',
  units: '3',
  weighted_iff: '$45,000.25',
  likely_percent: '80%',
}

export const streamOf = (name: string): Stream<never> =>
  clientTether.streams.find((stream) => stream.name === name) as Stream<never>

export function contextWith(settings: Wire = {}, currency = 'USD'): Context<never> {
  return contextOf(connectionId, readSettings(clientTether, settings), currency)
}

/** Whether the documented shape lets the row in. */
export const fits = (stream: string, row: unknown): boolean => streamOf(stream).item.safeParse(row).success

export function normalised(stream: string, row: Wire, settings: Wire = {}): Normalised {
  return streamOf(stream).normalise(row as never, contextWith(settings))
}

/** The columns of one table that a row becomes. */
export function columns(stream: string, table: string, row: Wire, settings: Wire = {}): Wire {
  return (normalised(stream, row, settings).rows as Record<string, Wire>)[table] ?? {}
}
