import { none, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

const mostStops = 400
const smallestPx = 24

/** Walks the page by Tab: the way past the navigation comes first, every stop can be seen, and none is too small to hit. */
export async function walk(demo: Demo, { name, path, isPublic }: Place): Promise<Finding> {
  const { context, close } = await openBrowser(demo, { signedIn: !isPublic, reducedMotion: 'reduce' })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(demo.url + path)
    // From the top, also where the page begins in a form it was opened for.
    await page.evaluate(() => {
      document.body.tabIndex = -1
      document.body.focus()
      document.body.removeAttribute('tabindex')
    })
    const wrong: string[] = []
    for (let stop = 0; stop < mostStops; stop++) {
      await page.keyboard.press('Tab')
      const seen = await page.evaluate((smallest) => {
        const element = document.activeElement
        if (element === null || element === document.body) return null
        const marked = element as HTMLElement
        if (marked.dataset['walked'] !== undefined) return null
        marked.dataset['walked'] = ''
        // What is ticked by its label is as large as that.
        const target = element.matches('[type=checkbox], [type=radio]')
          ? (element.closest('label') ?? element)
          : element
        const box = target.getBoundingClientRect()
        const label = `${element.tagName.toLowerCase()} “${(element.textContent || element.ariaLabel || '').trim().slice(0, 40)}”`
        const outlined = [
          element,
          element.closest('label, .kpis > div, .card, li, tr'),
          element.parentElement,
        ]
        const hasMark = outlined.some((one) => {
          if (one === null) return false
          const style = getComputedStyle(one)
          return style.outlineStyle !== 'none' || style.boxShadow !== 'none'
        })
        const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
        const isCovered = at !== null && !target.contains(at) && !at.contains(element)
        // A link in the middle of a sentence is as high as its line.
        const isInText = getComputedStyle(element).display === 'inline'
        return {
          label,
          text: element.textContent.trim(),
          problems: [
            ...(hasMark ? [] : ['no outline']),
            ...(isCovered ? ['covered'] : []),
            ...(!isInText && (box.height < smallest - 0.5 || box.width < smallest - 0.5)
              ? [`${Math.round(box.width)} × ${Math.round(box.height)} px`]
              : []),
          ],
        }
      }, smallestPx)
      if (seen === null) break
      if (stop === 0 && seen.text !== 'Skip to content') wrong.push(`first is ${seen.label}`)
      for (const problem of seen.problems) wrong.push(`${seen.label}: ${problem}`)
    }
    return none(name, 'Keyboard walk', wrong)
  } finally {
    await close()
  }
}
