/** On phones the stages begin folded, so that all of them are in sight; arrows move between cards and columns. */
class BoardKeys extends HTMLElement {
  readonly #stop = new AbortController()

  connectedCallback() {
    const { signal } = this.#stop
    const columns = [...this.querySelectorAll<HTMLDetailsElement>('details')]
    if (window.matchMedia('(max-width: 52rem)').matches) {
      for (const [place, column] of columns.entries()) {
        column.open = place === 0 || location.hash === `#${column.id}`
      }
    }
    for (const card of this.querySelectorAll<HTMLElement>('.card')) card.tabIndex = -1
    const first = this.querySelector<HTMLElement>('.card')
    if (first) first.tabIndex = 0
    this.addEventListener('keydown', (event) => this.#move(event), { signal })
  }

  disconnectedCallback() {
    this.#stop.abort()
  }

  #move(event: KeyboardEvent) {
    const from = event.target instanceof Element ? event.target.closest<HTMLElement>('.card') : null
    if (from === null) return
    const columns = [...this.querySelectorAll('details')]
      .map((column) => [...column.querySelectorAll<HTMLElement>('.card')])
      .filter((cards) => cards.length > 0)
    const column = columns.findIndex((cards) => cards.includes(from))
    const row = columns[column]?.indexOf(from) ?? 0
    const beside = (step: number) => {
      const cards = columns[column + step]
      return cards?.[Math.min(row, cards.length - 1)]
    }
    const next = {
      ArrowDown: columns[column]?.[row + 1],
      ArrowUp: columns[column]?.[row - 1],
      ArrowRight: beside(1),
      ArrowLeft: beside(-1),
    }[event.key]
    if (next === undefined) return
    event.preventDefault()
    const closed = next.closest('details')
    if (closed) closed.open = true
    from.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }
}

customElements.define('board-keys', BoardKeys)
