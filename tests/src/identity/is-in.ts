import type { Visitor } from '../visitor.ts'

/** Whether the next request of this browser is somebody's, and is not sent to the sign-in. */
export async function isIn(visitor: Visitor): Promise<boolean> {
  const answer = await visitor.get('/w')
  return !(answer.headers.get('location') ?? '').startsWith('/sign-in')
}
