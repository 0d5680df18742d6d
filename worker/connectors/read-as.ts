import type { z } from 'zod'
import { StreamError } from '../errors.ts'

/** A CRM's answer, as documented. `what` names it with its article; throws `StreamError` (`E_CRM_BAD_REPLY`) that says where it is not so. */
export function readAs<T>(shape: z.ZodType<T>, body: unknown, what: string): T {
  const found = shape.safeParse(body)
  if (found.success) return found.data
  const [at] = found.error.issues
  throw new StreamError('E_CRM_BAD_REPLY', `not ${what} (${at?.path.join('.') || 'body'}: ${at?.message})`)
}
