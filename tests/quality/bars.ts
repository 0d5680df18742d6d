/** The bars that a page must not fall below; the figures are those of the design, the median where it says so. */
export const bars = {
  performance: { data: 97, public: 100 },
  accessibility: 100,
  bestPractices: 100,
  /** Of pages that may be found; the others ask not to be. */
  seo: 100,
  /** On a slow network; with a slow processor besides, and with this one. */
  lcpMs: { phone: 1_800, plain: 1_000 },
  inpMs: { phone: 200, plain: 100 },
  /** From page to page in the same browser. */
  turnMs: 150,
  /** An open page, from the end of a run until it shows what that brought. */
  refreshMs: 500,
  /** A chart as text: drawn, and drawn before. */
  chartMs: { drawn: 15, kept: 0.2 },
  cls: 0.01,
  tbtMs: 100,
  htmlGzip: 16_000,
  htmlRaw: 120_000,
  cssGzip: 14_000,
  scriptGzip: { data: 15_000, public: 1_500 },
  fontBytes: 48_000,
  requests: 7,
  /** All that comes over the wire, at the first visit and at the next. */
  totalBytes: { cold: 100 * 1_024, warm: 20 * 1_024 },
  /** Both sizes of a chart are two drawings; this is one of them. */
  chartGzip: 5_000,
  iconBytes: 6_000,
  elements: 1_800,
  /** Of the pixels of a picture, unless a person has looked at the change. */
  changedShare: 0.001,
} as const

/** One thing that was measured; `isMet` is what counts. */
export type Finding = { place: string; what: string; value: string; bar: string; isMet: boolean }

/** A figure that must be at most, or at least, so much. */
export function figure(
  place: string,
  what: string,
  value: number,
  bar: { most: number } | { least: number },
): Finding {
  const isMost = 'most' in bar
  const limit = isMost ? bar.most : bar.least
  const isMet = isMost ? value <= limit : value >= limit
  const written = (of: number) => (Number.isInteger(of) ? String(of) : of.toFixed(3))
  return { place, what, value: written(value), bar: `${isMost ? '≤' : '≥'} ${written(limit)}`, isMet }
}

/** Something that must not be there at all. */
export function none(place: string, what: string, found: readonly string[]): Finding {
  return {
    place,
    what,
    value: found.slice(0, 5).join(' | ') || 'none',
    bar: 'none',
    isMet: found.length === 0,
  }
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
