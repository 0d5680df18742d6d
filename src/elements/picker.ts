import { nearest } from './nearest.ts'

/**
 * A search field over a list of links, worked from the field alone: arrows choose, Enter goes, Ctrl Enter goes in a new tab. A
 * first character that is the sign of groups (`data-sign`) shows those alone; what is `data-anything` fits whatever is typed.
 */
export class Picker {
  #input: HTMLInputElement
  #list: HTMLElement
  #nothing = document.createElement('p')

  constructor(root: Element) {
    const input = root.querySelector('input')
    const list = root.querySelector<HTMLElement>('.choices')
    if (!input || !list) throw new Error('a picker needs a field and a list')
    this.#input = input
    this.#list = list
    list.id ||= `choices-${root.parentElement?.id ?? ''}`
    list.role = 'listbox'
    list.ariaLabel = 'Results'
    input.role = 'combobox'
    input.ariaExpanded = 'true'
    input.setAttribute('aria-controls', list.id)
    input.setAttribute('aria-autocomplete', 'list')
    this.#nothing.className = 'nothing'
    this.#nothing.role = 'status'
    list.after(this.#nothing)
    input.addEventListener('input', () => this.narrow())
    input.addEventListener('keydown', this.#steer)
    root.toggleAttribute('data-ready', true)
    this.narrow()
  }

  /** As it is when it opens: nothing typed, everything there, the first one chosen. */
  reset(): void {
    this.#input.value = ''
    this.narrow()
    this.#input.focus()
  }

  /** Shows what has every typed word in it, chooses the first of it, and where nothing has says so and what was probably meant. */
  narrow(): void {
    const { sign, text } = this.#typed()
    const words = text.toLowerCase().split(/\s+/).filter(Boolean)
    const options = [...this.#list.querySelectorAll('a')]
    for (const [index, option] of options.entries()) {
      option.role = 'option'
      option.tabIndex = -1
      option.id ||= `${this.#list.id}-${index}`
      const group = option.closest<HTMLElement>('[role=group]')
      const fits = isForAnything(option)
        ? words.length > 0
        : words.every((word) => option.textContent.toLowerCase().includes(word))
      option.hidden = !fits || (sign !== '' && group?.dataset['sign'] !== sign)
    }
    for (const group of this.#list.querySelectorAll<HTMLElement>('[role=group]'))
      group.hidden = !group.querySelector('a:not([hidden])')
    const shown = this.#shown()
    this.#choose(shown.find((option) => !isForAnything(option)) ?? shown[0])
    this.#sayNothing(options, text)
  }

  /** The sign in front, if it is one of a group, and what follows. */
  #typed(): { sign: string; text: string } {
    const { value } = this.#input
    const first = value.slice(0, 1)
    const isSign = first !== '' && this.#list.querySelector(`[data-sign="${CSS.escape(first)}"]`) !== null
    return isSign ? { sign: first, text: value.slice(1) } : { sign: '', text: value }
  }

  #sayNothing(options: readonly HTMLAnchorElement[], text: string): void {
    const hasFound = this.#shown().some((option) => !isForAnything(option))
    this.#nothing.hidden = hasFound
    this.#nothing.textContent = hasFound ? '' : `Nothing called “${text}”.`
    if (hasFound) return
    const names = options.filter((option) => !isForAnything(option)).map(nameOf)
    const meant = nearest(text, names)
    if (meant === undefined) return
    const way = document.createElement('button')
    way.type = 'button'
    way.className = 'link'
    way.textContent = meant
    way.addEventListener('click', () => {
      this.#input.value = meant
      this.narrow()
      this.#input.focus()
    })
    this.#nothing.append(' Did you mean ', way, '?')
  }

  #shown = () => [...this.#list.querySelectorAll<HTMLAnchorElement>('a:not([hidden])')]

  #chosen = () => this.#list.querySelector<HTMLAnchorElement>('[aria-selected=true]')

  #choose(option: HTMLAnchorElement | undefined): void {
    for (const one of this.#list.querySelectorAll('a')) one.ariaSelected = String(one === option)
    this.#input.setAttribute('aria-activedescendant', option?.id ?? '')
    option?.scrollIntoView({ block: 'nearest' })
  }

  #steer = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = this.#chosen()
    if (step !== undefined) {
      const shown = this.#shown()
      const next = chosen ? shown.indexOf(chosen) + step : 0
      this.#choose(shown.at(next % shown.length))
    } else if (event.key === 'Enter' && chosen) {
      if (event.ctrlKey || event.metaKey) window.open(chosen.href)
      else chosen.click()
    } else return
    event.preventDefault()
  }
}

const isForAnything = (option: HTMLElement) => option.dataset['anything'] !== undefined

/** Without the key or the note beside it. */
function nameOf(option: HTMLElement): string {
  const words = [...option.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
  return words
    .map((node) => node.textContent?.trim() ?? '')
    .join(' ')
    .trim()
}
