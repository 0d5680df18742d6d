import { sql, type Tx } from '../../drizzle/db.ts'
import { rowInForce } from '../../drizzle/rules.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RetryWriteOutcome =
  | { kind: 'waits' }
  /** There is no refused write of this opportunity, or something came after it. */
  | { kind: 'not_found' }
  /** The workspace no longer writes to its CRMs. */
  | { kind: 'off' }

/**
 * Writes again what the CRM refused, under the same key: it is still looked for before it is sent. Where it was refused because the
 * record had changed, the person has seen that and decides over it; should it have changed once more, it is refused once more.
 */
export async function retryWrite(
  tx: Tx,
  by: Actor,
  opportunityId: string,
  version: number,
): Promise<RetryWriteOutcome> {
  const { rows } = await tx.execute<{ title: string | null; is_on: boolean; write_id: string }>(sql`
    select o.title, t.writes_back as is_on, w.id as write_id from opportunities o
    join tenants t on t.id = o.tenant_id
    join crm_writes w on w.opportunity_id = o.id and w.number = ${rowInForce(sql`o.id`, sql`o.version`)}
    where o.id = ${opportunityId}::uuid and o.version = ${version} and w.state = 'refused'
    for no key update of o`)
  const [found] = rows
  if (found === undefined) return { kind: 'not_found' }
  if (!found.is_on) return { kind: 'off' }
  await tx.execute(sql`
    update crm_writes set state = 'pending', refused_because = null, settled_at = null, waits_because = null,
      send_after = clock_timestamp(), expires_at = clock_timestamp() + interval '72 hours',
      expected_updated_at = coalesce(record_updated_at, expected_updated_at)
    where id = ${found.write_id}::uuid and state = 'refused'`)
  await recordDeed(tx, by, { deed: 'write_retried', target: `opportunity ${found.title ?? opportunityId}` })
  return { kind: 'waits' }
}
