import { z } from 'zod'
import type { FieldMapping, MappableField, Mapping } from '../../drizzle/schema/field-mappings.ts'

export type { Mapping }

type Mapped = {
  fields: Record<MappableField, string | null> & { custom?: Record<string, string> | undefined }
}

/** The settings that hold fields under names of the tenant's choosing, by those names. */
export const customNames = (field: z.ZodType<string> = z.string()) =>
  z
    .record(z.string(), field)
    .optional()
    .describe('Further fields that are kept with a deal: a name of your choosing, and the field')

/**
 * A mapping that stands in `settings.fields`. `keep` gives the settings that go on asking for fields that were mapped until now, for
 * CRMs that are asked for every field by name: a way back needs their values. `wanted` are those that are mapped from now on.
 */
export function mappingIn<Settings extends Mapped>(
  settings: z.ZodType<Settings>,
  reads: Mapping['reads'],
  keep: (settings: Settings, names: string[], wanted: string[]) => Record<string, unknown> = () => ({}),
): Mapping {
  const of = (stored: Record<string, unknown>): FieldMapping => {
    const { market, units, weightedFee, likely, custom = {} } = settings.parse(stored).fields
    return { market, units, weightedFee, likely, custom }
  }
  return {
    of,
    reads,
    lay: (stored, mapping) => ({
      ...stored,
      ...keep(settings.parse(stored), mappedNames(of(stored)), mappedNames(mapping)),
      fields: { ...(stored['fields'] as object | undefined), ...mapping },
    }),
  }
}

/** Every field of the CRM's that these settings map, each once. */
export function mappedNames({ market, units, weightedFee, likely, custom = {} }: Mapped['fields']): string[] {
  const named = [market, units, weightedFee, likely, ...Object.values(custom)]
  return [...new Set(named.filter((name) => name !== null))]
}

/** The values of a record's further fields, by the names that the tenant gave them. What is empty is left out. */
export function customValues(
  { custom = {} }: Pick<Mapped['fields'], 'custom'>,
  value: (field: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(custom)
      .map(([name, field]) => [name, value(field)] as const)
      .filter(([, held]) => held !== null && held !== undefined && held !== ''),
  )
}
