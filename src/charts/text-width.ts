import { regular, strong } from './plex-widths.ts'

/** From this weight on the table of the strong face is nearer than that of the regular one. */
const strongFrom = 500

/** Characters the font has not come from another one: most are as wide as a digit, those of East Asia as wide as high. */
const usual = 600
const square = 1_000
const isSquare = /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠]|\p{Extended_Pictographic}/u

const tables = { regular: byCharacter(regular), strong: byCharacter(strong) }

/** How wide a text is in our font, in pixels. `font` is a CSS font, such as `600 12px sans-serif`. */
export function textWidth(text: string, font: string): number {
  const sizePx = Number(/([\d.]+)px/.exec(font)?.[1] ?? 12)
  const weight = /\bbold\b/.test(font) ? 700 : Number(/\b([1-9]00)\b/.exec(font)?.[1] ?? 400)
  const table = weight >= strongFrom ? tables.strong : tables.regular
  let sum = 0
  for (const character of text) {
    sum += table.get(character) ?? (isSquare.test(character) ? square : usual)
  }
  return (sum * sizePx) / 1_000
}

function byCharacter(widths: Readonly<Record<number, string>>): Map<string, number> {
  return new Map(
    Object.entries(widths).flatMap(([width, characters]) =>
      Array.from(characters, (character) => [character, Number(width)] as const),
    ),
  )
}
