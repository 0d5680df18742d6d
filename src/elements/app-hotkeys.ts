import { deedOfRow, stepRow } from './rows.ts'
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
    event.preventDefault()
    deed(event)
  }

  #deeds: Record<string, ((event: KeyboardEvent) => void) | undefined> = {
    g: ({ timeStamp }) => (this.#goUntil = timeStamp + patienceMs),
    w: () => document.dispatchEvent(new Event('switch-workspace')),
    r: () => location.reload(),
    t: () => keepTheme(themes[(themes.indexOf(themeNow()) + 1) % themes.length] ?? 'system'),
    j: () => stepRow(1),
    k: () => stepRow(-1),
    c: () => deedOfRow('complete')?.click(),
    m: () => deedOfRow('move')?.click(),
    z: () => document.dispatchEvent(new Event('undo-last')),
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

function isBusy(target: EventTarget | null): boolean {
  const typing = 'input, textarea, select, [contenteditable]'
  const layer = 'dialog[open], [popover]:popover-open'
  return (
    (target instanceof Element && target.closest(typing) !== null) || document.querySelector(layer) !== null
  )
}

customElements.define('app-hotkeys', AppHotkeys)
