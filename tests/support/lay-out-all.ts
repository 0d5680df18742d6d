import type { Page } from 'playwright-core'

/** Lays out a whole page. Rows that are far from what is seen are not, and have neither looks nor a text until somebody comes near. */
export const layOutAll = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('* { content-visibility: visible !important }')
    document.adoptedStyleSheets = [sheet]
  })
