/**
 * Leads to a place of the navigation without the transition between pages, which takes its pictures before anything new is seen
 * (docs/decisions/025-places-are-there-at-once.md). What opens one of a page's things keeps it.
 */
window.addEventListener('pageswap', ({ activation, viewTransition }) => {
  const address = activation?.entry?.url
  if (address && isPlace(new URL(address).pathname)) viewTransition?.skipTransition()
})

const isPlace = (path: string) =>
  [...document.querySelectorAll<HTMLAnchorElement>('.side li a')].some(({ pathname }) => pathname === path)
