import { none, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

const widths = [320, 390, 768, 1024, 1280, 1440, 1920]

/** At no width does the page have to be pushed sideways, and no card is wider than its column, and no table is cut off by its sheet. */
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
    }
    return none(name, 'Layout from 320 to 1920 px', wrong)
  } finally {
    await close()
  }
}
