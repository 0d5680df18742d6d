import type { Page } from 'playwright-core'

/** Ordinary words that are broken in their middle because their column is too narrow, up to ten, with where they stand. Addresses may break. */
export const brokenWords = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const texts = document.createTreeWalker(
      document.querySelector('main') ?? document.body,
      NodeFilter.SHOW_TEXT,
    )
    const range = document.createRange()
    const broken: string[] = []
    while (texts.nextNode()) {
      const text = texts.currentNode
      const place = text.parentElement
      if (place === null || place.closest('.breaks, code, pre, svg') !== null) continue
      for (const word of (text.nodeValue ?? '').matchAll(
        /(?<![\p{L}\p{N}])\p{Script=Latin}{3,14}(?![\p{L}\p{N}])/gu,
      )) {
        range.setStart(text, word.index)
        range.setEnd(text, word.index + word[0].length)
        const lines = [...range.getClientRects()]
          .filter(({ width }) => width > 0)
          .map(({ top }) => Math.round(top))
        if (new Set(lines).size > 1) broken.push(`${word[0]} in ${place.outerHTML.slice(0, 80)}`)
      }
    }
    return [...new Set(broken)].slice(0, 10)
  })
