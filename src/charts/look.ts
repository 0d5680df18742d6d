/** Colours stand as custom properties, so that one picture serves light and dark. */
export const colours = {
  series: [1, 2, 3, 4, 5, 6].map((n) => `var(--chart-${n})`),
  /** What is left over, and what the others are compared with. */
  rest: 'var(--text-3)',
  main: 'var(--chart-1)',
  soft: 'var(--chart-soft)',
  grid: 'var(--chart-grid)',
  axis: 'var(--chart-axis)',
  text: 'var(--text)',
  quiet: 'var(--text-3)',
  surface: 'var(--surface)',
} as const

/** The least size that is read without effort. */
export const fontSize = 12

export const quietText = { color: colours.quiet, fontSize, fontFamily: 'sans-serif' } as const
export const plainText = { ...quietText, color: 'var(--text-2)' } as const
export const strongText = { ...quietText, color: colours.text, fontWeight: 600 } as const

/** Fonts as they are measured. */
export const fonts = { plain: `${fontSize}px sans-serif`, strong: `600 ${fontSize}px sans-serif` } as const
