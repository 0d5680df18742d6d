import { hash, randomBytes, randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { readApps } from '../../drizzle/consent-apps.ts'
import type { Tx } from '../../drizzle/db.ts'
import { connectionConsents, connections, tenants } from '../../drizzle/schema/index.ts'
import { seal } from '../../drizzle/seal.ts'
import { readSealingKey } from '../../drizzle/sealing-keys.ts'
import { stateText } from '../domain/consent.ts'
import type { ConnectorForm } from './add-connection.ts'

export type BeginConsentOutcome =
  /** Where the person goes now. */
  | { kind: 'go'; url: string; crm: string }
  | { kind: 'not_found' }
  | { kind: 'no_worker' }
  /** Nobody has configured an app at this CRM. */
  | { kind: 'no_app' }

/** Who asks, in which session. */
export type ConsentBy = { userId: string; name: string; sessionId: string }

/** How long somebody has to consent. */
const consentMinutes = 10

/**
 * Begins to connect by consent (RFC 6749 §4.1): remembers who asks, and gives the address of the CRM's consent screen. The next
 * attempt of the same connection takes the place of this one. Leave to write is asked for where the workspace writes. `publicUrl` is ours, never what a request says it is.
 */
export async function beginConsent(
  tx: Tx,
  connectionId: string,
  by: ConsentBy,
  { connector, publicUrl }: { connector: ConnectorForm; publicUrl: string },
): Promise<BeginConsentOutcome> {
  const [connection] = await tx
    .select({ tenantId: connections.tenantId, writesBack: tenants.writesBack })
    .from(connections)
    .innerJoin(tenants, eq(tenants.id, connections.tenantId))
    .where(eq(connections.id, connectionId))
    .for('no key update', { of: connections })
  const { consent } = connector
  if (!connection) return { kind: 'not_found' }
  const app = (await readApps(tx)).get(connector.name)
  if (consent === undefined || app === undefined) return { kind: 'no_app' }
  const sealingKey = await readSealingKey(tx)
  if (sealingKey === undefined) return { kind: 'no_worker' }

  const { tenantId, writesBack } = connection
  const [id, proof, verifier] = [randomUUID(), newSecret(), consent.takesProofKey ? newSecret() : null]
  const place = { tenantId, connectionId, field: 'verifier' }
  const sealed = verifier === null ? null : await seal(sealingKey, place, verifier)
  const redirectUri = `${publicUrl}/consent/${connector.name}`
  const attempt = {
    id,
    userId: by.userId,
    sessionId: by.sessionId,
    askedBy: by.name,
    stateHash: proofHash(proof),
    redirectUri,
    begunAt: sql`clock_timestamp()`,
    expiresAt: sql`clock_timestamp() + make_interval(mins => ${consentMinutes})`,
    outcome: 'asked' as const,
    words: null,
    verifierKeyId: sealed?.keyId ?? null,
    sealedVerifier: sealed?.sealed ?? null,
    codeKeyId: null,
    sealedCode: null,
  }
  await tx
    .insert(connectionConsents)
    .values({ tenantId, connectionId, ...attempt })
    .onConflictDoUpdate({
      target: [connectionConsents.tenantId, connectionConsents.connectionId],
      set: attempt,
    })
  const url =
    app.address === null ? new URL(consent.url) : new URL(new URL(consent.url).pathname, app.address)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    ...((writesBack ? consent.toWrite : undefined) ?? consent.parameters),
    state: stateText({ tenantId, id, proof }),
    ...(verifier !== null && {
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    }),
  }).toString()
  return { kind: 'go', url: url.href, crm: consent.crm }
}

const newSecret = (): string => randomBytes(32).toString('base64url')

/** As the proof of an attempt is stored. */
export const proofHash = (proof: string): Buffer => Buffer.from(hash('sha256', proof, 'hex'), 'hex')
