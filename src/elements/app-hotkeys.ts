import { arrowRow, deedOfRow, openRow, stepRow } from './rows.ts'
import { keepTheme, themeNow, themes } from './theme.ts'

const kept = 'tidemark.letters'
/** After G the next letter names a page, for this long. */
const patienceMs = 1_500

/** Single letters for whoever works without a mouse. They can be turned off, and never act in a field, a dialog or with a modifier. */
class AppHotkeys extends HTMLElement {
  #goUntil = 0

  connectedCallback() {
    document.addEventListener('keydown', this.#hear)
    const letters = this.querySelector<HTMLInputElement>('#letters')
    if (!letters) return
    letters.checked = localStorage.getItem(kept) !== 'off'
    letters.addEventListener('change', () => localStorage.setItem(kept, letters.checked ? 'on' : 'off'))
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.#hear)
  }

  #hear = (event: KeyboardEvent) => {
    const { key, timeStamp, target } = event
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(target)) return
    if (localStorage.getItem(kept) === 'off' && key.length === 1) return
    const isGoing = timeStamp < this.#goUntil
    this.#goUntil = 0
    const deed = isGoing ? go(key) : this.#deeds[key.length === 1 ? key.toLowerCase() : key]
    if (!deed) return
    if (deed(event) !== false) event.preventDefault()
  }

  /** What is false leaves the key to the browser. */
  #deeds: Record<string, ((event: KeyboardEvent) => unknown) | undefined> = {
    g: ({ timeStamp }) => (this.#goUntil = timeStamp + patienceMs),
    w: () => document.dispatchEvent(new Event('switch-workspace')),
    r: () => location.reload(),
    t: () => keepTheme(themes[(themes.indexOf(themeNow()) + 1) % themes.length] ?? 'system'),
    j: () => stepRow(1),
    k: () => stepRow(-1),
    ArrowDown: () => arrowRow(1),
    ArrowUp: () => arrowRow(-1),
    o: openRow,
    c: () => deedOfRow('complete')?.click(),
    m: () => deedOfRow('move')?.click(),
    z: () => document.dispatchEvent(new Event('undo-last')),
    // Held down it closes what is open, and no more.
    Escape: ({ repeat }) => !repeat && leave(),
    '?': () => this.querySelector('dialog')?.showModal(),
    '/': () => {
      const field = document.querySelector<HTMLInputElement>('main input[type=search]')
      if (field) field.focus()
      else document.dispatchEvent(new Event('open-palette'))
    },
  }
}

function go(key: string): (() => void) | undefined {
  const link = document.querySelector<HTMLAnchorElement>(`.side [data-go="${CSS.escape(key.toLowerCase())}"]`)
  return link ? () => link.click() : undefined
}

/** Closes the menu that is open, or else takes away the last filter. */
function leave(): void {
  const menu = document.querySelector<HTMLDetailsElement>('details.menu[open]')
  if (!menu) return [...document.querySelectorAll<HTMLElement>('.pills a:has(.unseen)')].at(-1)?.click()
  menu.open = false
  menu.querySelector('summary')?.focus()
}

function isBusy(target: EventTarget | null): boolean {
  const typing = 'input, textarea, select, [contenteditable]'
  const layer = 'dialog[open], [popover]:popover-open'
  return (
    (target instanceof Element && target.closest(typing) !== null) || document.querySelector(layer) !== null
  )
}

customElements.define('app-hotkeys', AppHotkeys)
