import { brokenWords } from '../support/broken-words.ts'
import { none, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

const widths = [320, 390, 768, 1024, 1280, 1440, 1920]

/** At no width does the page have to be pushed sideways, and no card is wider than its column, no table is cut off by its sheet and no word
 * is broken in its middle. */
export async function checkLayout(demo: Demo, { name, path, isPublic }: Place): Promise<Finding> {
  const { context, close } = await openBrowser(demo, { signedIn: !isPublic })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(demo.url + path)
    const wrong: string[] = []
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      const found = await page.evaluate(() => {
        const over = document.documentElement.scrollWidth - innerWidth
        const right = (element: Element) => element.getBoundingClientRect().right
        const cards = [...document.querySelectorAll('.column .card')]
        const wide = cards.filter((card) => right(card) > right(card.closest('.column') ?? card) + 0.5)
        const cut = [...document.querySelectorAll('.sheet > table')].filter((table) => {
          const sheet = table.parentElement ?? table
          const isPushed = /auto|scroll/.test(getComputedStyle(sheet).overflowX)
          return !isPushed && right(table) > right(sheet) + 0.5
        })
        return {
          over,
          wide: wide.length,
          cut: cut.map((table) => table.ariaLabel ?? table.textContent.trim().slice(0, 20)),
        }
      })
      if (found.over > 0) wrong.push(`${width} px: ${found.over} px too wide`)
      if (found.wide > 0) wrong.push(`${width} px: ${found.wide} cards stick out`)
      for (const table of found.cut) wrong.push(`${width} px: “${table}” is cut off`)
      for (const word of await brokenWords(page)) wrong.push(`${width} px: broken: ${word}`)
    }
    return none(name, 'Layout from 320 to 1920 px', wrong)
  } finally {
    await close()
  }
}

/** The windows in which other languages are tried. */
const desks = [390, 1440]

/** With every word a third longer and accented, as other languages have them, no control is cut off and nothing is pushed sideways. */
export async function checkLongWords(demo: Demo, { name, path, isPublic }: Place): Promise<Finding> {
  const { context, close } = await openBrowser(demo, { signedIn: !isPublic })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    const wrong: string[] = []
    for (const width of desks) {
      await page.setViewportSize({ width, height: 900 })
      await page.goto(demo.url + path)
      const { over, cut } = await page.evaluate(lengthen)
      if (over > 0) wrong.push(`${width} px: ${over} px too wide`)
      for (const control of cut) wrong.push(`${width} px: “${control}” is cut off`)
    }
    return none(name, 'Words a third longer', wrong)
  } finally {
    await close()
  }
}

/** Runs in the page: makes its words longer, and says what no longer fits. */
function lengthen(): { over: number; cut: string[] } {
  const accented: Record<string, string> = {
    a: 'ä',
    e: 'ë',
    i: 'ï',
    o: 'ö',
    u: 'ü',
    A: 'Ä',
    E: 'Ë',
    O: 'Ö',
    U: 'Ü',
  }
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (words.nextNode())
    words.currentNode.nodeValue = (words.currentNode.nodeValue ?? '').replace(
      /\p{L}+/gu,
      (word) =>
        word.replace(/[aeiouAEOU]/g, (letter) => accented[letter] ?? letter) +
        'ö'.repeat(Math.ceil(word.length * 0.35)),
    )
  const controls = document.querySelectorAll<HTMLElement>(
    'button, select, summary, label, th, .button, .tabs a, nav a',
  )
  const cut = [...controls].filter((control) => {
    const { overflowX, textOverflow } = getComputedStyle(control)
    const isSeen = control.checkVisibility() && control.clientWidth > 1
    return (
      isSeen &&
      overflowX !== 'visible' &&
      textOverflow !== 'ellipsis' &&
      control.scrollWidth > control.clientWidth + 1
    )
  })
  return {
    over: document.documentElement.scrollWidth - innerWidth,
    cut: cut.map((control) => control.textContent.trim().slice(0, 30)),
  }
}
