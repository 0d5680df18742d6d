import { sql, type Tx } from '../../drizzle/db.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type SwitchWriteBackOutcome =
  /** `refused`: how many waited, and will not be written. */
  { kind: 'changed'; refused: number } | { kind: 'unchanged' }

/**
 * Says whether this workspace writes next steps and outcomes back to its CRMs. What was decided before it was turned on stays here;
 * what waits when it is turned off is refused, in words.
 */
export async function switchWriteBack(tx: Tx, by: Actor, isOn: boolean): Promise<SwitchWriteBackOutcome> {
  const { rows } = await tx.execute<{ name: string }>(
    sql`update tenants set writes_back = ${isOn} where id = app.tenant_id() and writes_back is distinct from ${isOn} returning name`,
  )
  const [changed] = rows
  if (changed === undefined) return { kind: 'unchanged' }
  const { rowCount } = isOn
    ? { rowCount: 0 }
    : await tx.execute(sql`
        update crm_writes set state = 'refused', settled_at = clock_timestamp(), waits_because = null, refused_because = ${switchedOff}
        where state = 'pending'`)
  await recordDeed(tx, by, {
    deed: 'write_back_changed',
    target: `writing to the CRMs of ${changed.name}`,
    before: { on: !isOn },
    after: { on: isOn },
  })
  return { kind: 'changed', refused: rowCount ?? 0 }
}

const switchedOff = 'Writing to the CRM was switched off before it was written'
