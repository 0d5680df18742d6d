import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { Sealed } from '../drizzle/seal.ts'
import { FatalError } from './errors.ts'

type Who = { tenantId: string; connectionId: string }

/** A consent that nobody has exchanged yet, and the connection it is for. */
export type GrantedConsent = {
  id: string
  redirectUri: string
  code: Sealed
  verifier: Sealed | null
  connector: string
  baseUrl: string | null
}

type Row = {
  id: string
  redirect_uri: string
  code_key_id: string
  sealed_code: Buffer
  verifier_key_id: string | null
  sealed_verifier: Buffer | null
  connector: string
  base_url: string | null
}

/** Takes the consent of a connection, once: whoever dies with it has spent it. Null when there is none. */
export async function takeConsent(tx: Tx, who: Who): Promise<GrantedConsent | null> {
  const { rows } = await tx.execute<Row>(sql`
    update connection_consents t set outcome = 'spent', code_key_id = null, sealed_code = null, verifier_key_id = null,
      sealed_verifier = null
    from connection_consents before join connections c on c.tenant_id = before.tenant_id and c.id = before.connection_id
    where t.tenant_id = ${who.tenantId} and t.connection_id = ${who.connectionId} and t.outcome = 'granted'
      and before.tenant_id = t.tenant_id and before.connection_id = t.connection_id
    returning before.id, before.redirect_uri, before.code_key_id, before.sealed_code, before.verifier_key_id,
      before.sealed_verifier, c.connector, c.base_url`)
  const [row] = rows
  if (row === undefined) return null
  const { verifier_key_id: keyId, sealed_verifier: sealed } = row
  return {
    id: row.id,
    redirectUri: row.redirect_uri,
    code: { keyId: row.code_key_id, sealed: row.sealed_code },
    verifier: keyId === null || sealed === null ? null : { keyId, sealed },
    connector: row.connector,
    baseUrl: row.base_url,
  }
}

/** Says how a consent that was taken came out, here and in the audit log, in the name of whoever gave it. */
export async function endConsent(
  tx: Tx,
  who: Who,
  { id, words }: { id: string; words: string | null },
  account?: string,
): Promise<void> {
  const outcome = words === null ? 'connected' : 'refused'
  await tx.execute(sql`
    with ended as (
      update connection_consents set outcome = ${outcome}, words = ${words}
      where tenant_id = ${who.tenantId} and connection_id = ${who.connectionId} and id = ${id} returning user_id, asked_by)
    insert into audit_log (tenant_id, actor_id, actor, road, deed, target, after)
    select c.tenant_id, e.user_id, e.asked_by, 'worker', ${words === null ? 'connected_by_consent' : 'consent_failed'},
      'connection ' || c.name, ${JSON.stringify(words === null ? { account: account ?? null } : { words })}::jsonb
    from ended e, connections c where c.tenant_id = ${who.tenantId} and c.id = ${who.connectionId}`)
}

/** From now on the installation's app stands for the connection; one that the CRM had turned away is active and due at once. */
export async function connectByConsent(tx: Tx, who: Who): Promise<void> {
  await tx.execute(sql`
    update connections set by_consent = true,
      state = case when state = 'needs_reconnect' then 'active' else state end,
      state_reason = case when state = 'needs_reconnect' then null else state_reason end,
      state_since = case when state = 'needs_reconnect' then clock_timestamp() else state_since end,
      next_due_at = case when state = 'needs_reconnect' then clock_timestamp() else next_due_at end
    where tenant_id = ${who.tenantId} and id = ${who.connectionId}`)
}

/**
 * Keeps which account of the CRM let us in, where that was said. Throws `FatalError` (`E_SETTINGS`) when the records that are here
 * are of another one: the two would be mixed. A draft has none yet.
 */
export async function keepAccount(tx: Tx, who: Who, crm: string, account: string | undefined): Promise<void> {
  if (account === undefined) return
  const here = sql`tenant_id = ${who.tenantId} and id = ${who.connectionId}`
  const { rows } = await tx.execute<{ account_id: string | null; state: string }>(
    sql`select account_id, state from connections where ${here}`,
  )
  const [stored] = rows
  if (stored === undefined || stored.account_id === account) return
  if (stored.account_id !== null && stored.state !== 'draft')
    throw new FatalError(
      'E_SETTINGS',
      `this is ${crm} account ${account}, and what is here was copied from account ${stored.account_id}: the two would be mixed. Choose that account again, or make a new connection for this one`,
    )
  await tx.execute(sql`update connections set account_id = ${account} where ${here}`)
}
