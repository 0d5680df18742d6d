import { createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto'
import { calculateJwkThumbprint, errors, exportJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import { z } from 'zod'
import { keyScopes, type KeyScope } from '../../drizzle/schema/access.ts'

/** What a token says: whom it acts for, where, and by which API key it was made. */
export type TokenClaims = { userId: string; tenantId: string; keyId: string; scopes: readonly KeyScope[] }

/** Short-lived proofs for programs, signed with a key that others can check against `keySet`. */
export type Tokens = {
  issue: (claims: TokenClaims, now: Date) => Promise<string>
  /** What a token of ours says; undefined for every other one, whatever is wrong with it. */
  read: (token: string, now: Date) => Promise<TokenClaims | undefined>
  /** RFC 7517: the public key, by its name. */
  keySet: { keys: JWK[] }
}

/** A token is good for 15 minutes; the key behind it may end earlier, and is asked after every time. */
export const tokenSeconds = 900

const algorithm = 'EdDSA'
/** RFC 9068: a token of another kind, by whomever it was signed, is none for the API. */
const kind = 'at+jwt'

const body = z.object({
  sub: z.uuid(),
  tenant: z.uuid(),
  key: z.uuid(),
  scopes: z.array(z.enum(keyScopes)),
})

/** The tokens of one installation: its secret makes the key, its public address is issuer and, with `/api/v1`, audience. */
export async function createTokens({
  secret,
  publicUrl,
}: {
  secret: string
  publicUrl: string
}): Promise<Tokens> {
  const privateKey = signingKey(secret)
  const publicKey = createPublicKey(privateKey)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const audience = `${publicUrl}/api/v1`
  return {
    issue: ({ userId, tenantId, keyId, scopes }, now) =>
      new SignJWT({ tenant: tenantId, key: keyId, scopes })
        .setProtectedHeader({ alg: algorithm, kid, typ: kind })
        .setIssuer(publicUrl)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(new Date(now.getTime() + tokenSeconds * 1_000))
        .sign(privateKey),
    read: async (token, now) => {
      // The one key there is: a token names it, or is not ours. No name leads anywhere else.
      const ours = ({ kid: named }: { kid?: string }) => {
        if (named !== kid) throw new errors.JWKSNoMatchingKey()
        return publicKey
      }
      const checked = await jwtVerify(token, ours, {
        algorithms: [algorithm],
        typ: kind,
        issuer: publicUrl,
        audience,
        currentDate: now,
        maxTokenAge: tokenSeconds,
        // The clocks of two web processes are never quite the same.
        clockTolerance: 5,
        requiredClaims: ['exp'],
      }).catch((error: unknown) => {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      })
      const said = body.safeParse(checked?.payload).data
      return said && { userId: said.sub, tenantId: said.tenant, keyId: said.key, scopes: said.scopes }
    },
    keySet: { keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] },
  }
}

/** RFC 8410 in front of 32 bytes: an Ed25519 key, the same one in every process that knows the secret. */
function signingKey(secret: string) {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'tidemark tokens 1', 32))
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
}
