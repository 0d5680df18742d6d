import { z } from 'zod'
import { isDay } from '../domain/period.ts'
import { tidySearch } from '../domain/search.ts'

/** The parameters that a list understands, each with the form of its value. */
export type AskForm = Readonly<Record<string, z.ZodType>>

export type Asked<Form extends AskForm> = { [Name in keyof Form]: z.output<Form[Name]> | undefined }

/** What an address asks of a list, as far as it is understood; what is empty or is not understood asks nothing. */
export function askedOf<Form extends AskForm>(form: Form, search: URLSearchParams): Asked<Form> {
  const values = Object.entries(form).map(([name, value]) => [
    name,
    value.safeParse(search.get(name) || undefined).data,
  ])
  return Object.fromEntries(values) as Asked<Form>
}

/** The parameters of an address that the list does not understand, as `name=value`. */
export function notUnderstood(form: AskForm, search: URLSearchParams): string[] {
  return [...search]
    .filter(([name, value]) => value !== '' && !isUnderstood(form, name, value))
    .map((pair) => pair.join('='))
}

const isUnderstood = (form: AskForm, name: string, value: string) =>
  Object.hasOwn(form, name) && form[name]?.safeParse(value).success === true

/** The same question in one spelling: what is understood of it, each once, in the order of the form. */
export function tidyQuery(form: AskForm, search: URLSearchParams): string {
  const understood = Object.entries(form).flatMap(([name, value]) => {
    const given = search.get(name)
    return given && value.safeParse(given).success ? [[name, given]] : []
  })
  return new URLSearchParams(understood).toString()
}

export const uuid = z.uuid()

/** A day of the calendar: `2026-11-20`. */
export const day = z.string().refine(isDay)

/** A value as it stands in a record. */
export const words = z
  .string()
  .transform((text) => text.replaceAll('\0', '').toWellFormed().slice(0, 500))
  .refine((text) => text !== '')

/** What somebody searches for, in one line. */
export const question = z
  .string()
  .transform(tidySearch)
  .refine((text) => text !== '')

/** The id of a record, or `-` for those without one. */
export const uuidOrNone = z.union([uuid, z.literal('-')])

/** `-fee` is the greatest fee first. */
export const sortBy = <By extends string>(names: readonly By[]) =>
  z.string().transform((text, context) => {
    const by = names.find((name) => name === text.replace(/^-/, ''))
    if (by !== undefined) return { by, isDescending: text.startsWith('-') }
    context.addIssue({ code: 'custom', message: 'no column of this list' })
    return z.NEVER
  })
