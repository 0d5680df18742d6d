import type { Part } from './chart.ts'
import { colours } from './look.ts'

/** More parts than this cannot be told apart by colour. */
const mostParts = 6

export type ColouredPart = Part & {
  colour: string
  /** 0 to 1. */
  share: number
  /** Its place among the parts as they were given; null for what several of them make together. */
  at: number | null
}

/** At most six parts, each in a colour of its own, and what is left as "Other"; parts below zero have no room in a whole. */
export function colouredParts(parts: readonly Part[]): ColouredPart[] {
  const all = parts.map((part, at) => ({ ...part, at: at as number | null })).filter(({ value }) => value > 0)
  const whole = all.reduce((sum, { value }) => sum + value, 0)
  const named = all.length > mostParts ? all.slice(0, mostParts) : all
  const rest = all.slice(named.length)
  const other = {
    name: `Other (${rest.length})`,
    value: rest.reduce((sum, { value }) => sum + value, 0),
    at: null,
  }
  return [...named, ...(rest.length > 0 ? [other] : [])].map((part, place) => ({
    ...part,
    share: part.value / whole,
    colour: colours.series[place] ?? colours.rest,
  }))
}

/** "29%"; "<1%" for what is there and rounds to nothing. */
export function shareInWords(share: number): string {
  const percent = Math.round(share * 100)
  return percent === 0 && share > 0 ? '<1%' : `${percent}%`
}
