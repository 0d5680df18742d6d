import './load-more.ts'
import type { LoadMore } from './load-more.ts'

/** Where somebody left a page: by which of the links that lead to the same address, and how far down they were. */
type Left = { href: string; nth: number; top: number }

/** What the browser keeps of one page in its history. */
type Kept = { left?: Left; loaded?: number } | null

/**
 * Whoever opens one thing of a page and comes back stands where they were. Browsers keep no copy of pages that show customers' data,
 * so the page is a new one: what was loaded below its first rows is loaded again, and the link that was followed has the focus.
 */
document.addEventListener('click', ({ target }) => {
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>('main a[href]') : null
  // One that is folded away was followed by what stands for it.
  if (!link?.checkVisibility()) return
  const left: Left = { href: link.href, nth: linksTo(link.href).indexOf(link), top: window.scrollY }
  history.replaceState({ ...(history.state as Kept), left }, '')
})

const [entry] = performance.getEntriesByType('navigation')
if (entry instanceof PerformanceNavigationTiming && entry.type === 'back_forward') void comeBack()

async function comeBack() {
  const { left, loaded = 0 } = (history.state as Kept) ?? {}
  await document.querySelector<LoadMore>('load-more')?.loadAgain(loaded)
  const link = left && linksTo(left.href)[left.nth]
  // Somebody who has gone on meanwhile is not called back.
  if (!link || document.activeElement !== document.body) return
  link.closest<HTMLDetailsElement>('details:not(.menu)')?.setAttribute('open', '')
  if (loaded > 0) window.scrollTo({ top: left.top, behavior: 'instant' })
  link.focus({ preventScroll: true })
}

function linksTo(href: string): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('main a[href]')].filter((one) => one.href === href)
}
