import { z } from 'zod'
import type { Page } from '../connector.ts'
import { readAs } from '../read-as.ts'
import { someOf, type Listed } from './envelope.ts'

// All properties of an object type, in one answer: {"results":[{"name":"market",…}]}. Those that were archived are listed only when they
// are asked for, and so are sensitive ones. A record that is asked for one that is not defined leaves it out; one without a value is null.
// ("Properties" and "Deals" at https://developers.hubspot.com/docs, read 2026-11-20)

type Fields = NonNullable<Page['fields']>

const properties = z.looseObject({
  results: z.array(z.looseObject({ name: z.string().min(1), archived: z.boolean().optional() })),
})

/** Which of these properties of a type the account has. Throws `StreamError` (`E_CRM_BAD_REPLY`). */
export function fieldsListed(body: unknown, type: string, wished: readonly string[]): Fields {
  const { results } = readAs(properties, body, 'a HubSpot list of properties')
  someOf(results, `properties of ${type}`)
  const has = new Set(results.filter(({ archived }) => archived !== true).map(({ name }) => name))
  const listed = (isListed: boolean) => wished.filter((name) => has.has(name) === isListed)
  return { seen: named(type, listed(true)), unseen: named(type, listed(false)) }
}

/**
 * Which of these properties no record of a page has any more, because they vanished since they were listed, or before a look. That some
 * record has one teaches nothing: sensitive ones, which are not listed, must not be missed there.
 */
export function fieldsShown({ results }: Listed, type: string, wished: readonly string[]): Fields {
  const isMissing = (name: string) =>
    results.every(({ properties: held }) => !Object.hasOwn(Object(held), name))
  return { seen: [], unseen: results.length === 0 ? [] : named(type, wished.filter(isMissing)) }
}

const named = (type: string, names: readonly string[]): string[] => names.map((name) => `${type}.${name}`)

/** A property that was emptied comes as `""` in some places and as null in others; one that the account has not is missing. */
export function inOrder(names: readonly string[], given: unknown): Record<string, unknown> {
  const held = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
  const ordered: Record<string, unknown> = {}
  for (const name of names)
    if (Object.hasOwn(held, name)) ordered[name] = held[name] === '' ? null : held[name]
  return ordered
}
