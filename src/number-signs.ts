import { AsyncLocalStorage } from 'node:async_hooks'
import type { NumberFormat } from '../drizzle/schema/index.ts'
import type { NumberSigns } from './domain/amount.ts'

/** What each format sets into numbers. */
export const signsOf: Record<NumberFormat, NumberSigns> = {
  '1,234.56': { group: ',', decimal: '.' },
  '1.234,56': { group: '.', decimal: ',' },
  '1 234,56': { group: '\u00a0', decimal: ',' },
  '1’234.56': { group: '’', decimal: '.' },
}

/** Of what is written for nobody's workspace, too. */
const english: NumberFormat = '1,234.56'

const asked = new AsyncLocalStorage<NumberFormat>()

/** Runs what writes for one workspace: until it ends, and in all that it began, numbers stand in this format. */
export const writingNumbersAs = <T>(format: NumberFormat, run: () => T): T => asked.run(format, run)

/** A number as English writes it, with the signs of the workspace that it is written for. */
export function inOwnSigns(
  inEnglish: Intl.NumberFormat,
  value: number | Intl.StringNumericLiteral,
  word?: (part: Intl.NumberFormatPart) => string,
): string {
  const format = asked.getStore() ?? english
  if (format === english && word === undefined) return inEnglish.format(value)
  const own = signsOf[format]
  return inEnglish
    .formatToParts(value)
    .map((part) =>
      part.type === 'group' || part.type === 'decimal' ? own[part.type] : (word?.(part) ?? part.value),
    )
    .join('')
}
