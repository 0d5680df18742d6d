import { z } from 'zod'
import { sql, type Database } from '../../drizzle/db.ts'
import { numberFormats, tenants } from '../../drizzle/schema/index.ts'

const isZone = (name: string) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** What is asked of somebody who adds a client. The slug is made from the name unless it is given. */
export const newTenant = z
  .strictObject({
    name: z.string().trim().min(1, 'must not be empty').max(200),
    slug: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, 63 at most')
      .optional(),
    timeZone: z
      .string()
      .refine(isZone, 'must be an IANA zone such as America/New_York')
      .default('America/New_York'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
      .default('USD'),
    numberFormat: z.enum(numberFormats, `must be one of ${numberFormats.join(' or ')}`).default('1,234.56'),
  })
  .transform((tenant) => ({ ...tenant, slug: tenant.slug ?? slugOf(tenant.name) }))
  .refine(({ slug }) => slug !== '', { path: ['slug'], message: 'cannot be made from this name: give one' })

export type AddTenantOutcome =
  | { kind: 'added'; id: string; slug: string }
  | { kind: 'slug_taken'; slug: string }
  /** By the name of the field, what is wrong with it. */
  | { kind: 'invalid'; fields: Record<string, string> }

/** Adds a client. It has no connection yet. */
export async function addTenant(database: Database, given: unknown): Promise<AddTenantOutcome> {
  const parsed = newTenant.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { rows } = await database.outsideTenants.query<{ id: string }>('select app.uuid_v7() as id')
  const id = rows[0]?.id
  if (id === undefined) throw new Error('the database made no id')
  // The slug's uniqueness reaches over all tenants, although this transaction sees its own alone.
  const { rowCount } = await database.asTenant(id, (tx) =>
    tx
      .insert(tenants)
      .values({ id: sql`${id}`, ...parsed.data })
      .onConflictDoNothing({ target: tenants.slug }),
  )
  const { slug } = parsed.data
  return rowCount ? { kind: 'added', id, slug } : { kind: 'slug_taken', slug }
}

/** "Willow & Hearth Home Care" becomes "willow-hearth-home-care". */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
}

/** What is wrong with a form, by field. */
export function fieldsOf({ issues }: z.ZodError): Record<string, string> {
  return Object.fromEntries(issues.map(({ path, message }) => [path.join('.') || 'form', message]))
}
