import { timingSafeEqual } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connectionConsents, connections } from '../../drizzle/schema/index.ts'
import { seal } from '../../drizzle/seal.ts'
import { readSealingKey } from '../../drizzle/sealing-keys.ts'
import { refusalWords, type ConsentState } from '../domain/consent.ts'
import type { ConnectorForm } from './add-connection.ts'
import { proofHash } from './begin-consent.ts'
import { recordDeed, type Actor } from './record-deed.ts'
import { requestTest } from './request-test.ts'

/** What the browser brings back from a CRM: its code, or why it gives none. */
export type ConsentAnswer = { code: string } | { error: string; said: string | null }

export type AnswerConsentOutcome =
  /** The code waits for a worker; or the CRM refused, which the page of the connection says. */
  | { kind: 'heard'; connectionId: string }
  /** Not begun by this person in this session, begun too long ago, or answered already. */
  | { kind: 'stray' }

/**
 * Hears the answer to a consent, once. The code is sealed here, and exchanged by a worker as the first step of a test. Everything
 * else leaves the connection as it was, and a line in the audit log.
 */
export async function answerConsent(
  tx: Tx,
  by: Actor & { sessionId: string },
  state: ConsentState,
  answer: ConsentAnswer,
  connector: ConnectorForm,
): Promise<AnswerConsentOutcome> {
  const { consent } = connector
  const attempt = consent && (await lockAttempt(tx, state, connector.name))
  const isOurs =
    attempt !== undefined &&
    timingSafeEqual(attempt.stateHash, proofHash(state.proof)) &&
    attempt.userId === by.userId &&
    attempt.sessionId === by.sessionId
  if (consent === undefined || !isOurs || attempt.outcome !== 'asked' || attempt.isOver) {
    const target = attempt === undefined ? `consent of ${connector.label}` : `connection ${attempt.name}`
    await recordDeed(tx, by, { deed: 'consent_failed', target, after: { why: 'not expected' } })
    return { kind: 'stray' }
  }
  const { connectionId, tenantId } = attempt
  const isAttempt = eq(connectionConsents.id, state.id)
  const sealingKey = await readSealingKey(tx)
  if (!('code' in answer) || sealingKey === undefined) {
    const words =
      'code' in answer
        ? 'No worker has started yet, so nobody could use the consent.'
        : refusalWords(consent.crm, answer.error, answer.said)
    await tx
      .update(connectionConsents)
      .set({ outcome: 'refused', words, verifierKeyId: null, sealedVerifier: null })
      .where(isAttempt)
    const target = `connection ${attempt.name}`
    await recordDeed(tx, by, { deed: 'consent_failed', target, after: { words } })
    return { kind: 'heard', connectionId }
  }
  const { keyId, sealed } = await seal(sealingKey, { tenantId, connectionId, field: 'code' }, answer.code)
  await tx
    .update(connectionConsents)
    .set({ outcome: 'granted', codeKeyId: keyId, sealedCode: sealed })
    .where(isAttempt)
  await requestTest(tx, connectionId, { anew: true })
  return { kind: 'heard', connectionId }
}

async function lockAttempt(tx: Tx, { id }: ConsentState, connector: string) {
  const [attempt] = await tx
    .select({
      tenantId: connectionConsents.tenantId,
      connectionId: connectionConsents.connectionId,
      userId: connectionConsents.userId,
      sessionId: connectionConsents.sessionId,
      stateHash: connectionConsents.stateHash,
      outcome: connectionConsents.outcome,
      isOver: sql<boolean>`${connectionConsents.expiresAt} < clock_timestamp()`,
      name: connections.name,
      connector: connections.connector,
    })
    .from(connectionConsents)
    .innerJoin(connections, eq(connections.id, connectionConsents.connectionId))
    .where(eq(connectionConsents.id, id))
    .for('no key update', { of: connectionConsents })
  return attempt?.connector === connector ? attempt : undefined
}
