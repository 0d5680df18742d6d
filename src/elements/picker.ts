/** A search field over a list of links, worked from the field alone: arrows choose, Enter goes, Ctrl Enter goes in a new tab. */
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

  /** Shows what has every typed word in it, chooses the first, and says so where there is nothing. */
  narrow(): void {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean)
    for (const [index, option] of [...this.#list.querySelectorAll('a')].entries()) {
      option.role = 'option'
      option.tabIndex = -1
      option.id ||= `${this.#list.id}-${index}`
      const text = option.textContent.toLowerCase()
      option.hidden = !words.every((word) => text.includes(word))
    }
    for (const group of this.#list.querySelectorAll<HTMLElement>('[role=group]'))
      group.hidden = !group.querySelector('a:not([hidden])')
    const [first] = this.#shown()
    this.#choose(first)
    this.#nothing.textContent = first ? '' : `Nothing called “${this.#input.value}”.`
    this.#nothing.hidden = first !== undefined
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
