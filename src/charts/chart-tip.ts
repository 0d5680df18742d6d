/** Shows the values behind a mark, from the row of the table it stands for: under the pointer, and by the arrow keys. */
class ChartTip extends HTMLElement {
  #at = -1
  readonly #stop = new AbortController()

  connectedCallback() {
    this.tabIndex = 0
    this.setAttribute('role', 'group')
    this.setAttribute('aria-label', `${this.dataset['words'] ?? 'Chart.'} Arrow keys read its values.`)
    const { signal } = this.#stop
    this.addEventListener('pointermove', (event) => this.#follow(event), { signal })
    this.addEventListener('pointerleave', () => this.#show(-1), { signal })
    this.addEventListener('blur', () => this.#show(-1), { signal })
    this.addEventListener('keydown', (event) => this.#walk(event), { signal })
    this.addEventListener('click', (event) => this.#open(markOf(event)), { signal })
  }

  disconnectedCallback() {
    this.#stop.abort()
  }

  get #rows() {
    return [...(this.closest('figure')?.querySelectorAll<HTMLTableRowElement>('tbody tr') ?? [])]
  }

  #follow(event: PointerEvent) {
    const box = this.getBoundingClientRect()
    this.#show(markOf(event), event.clientX - box.left, event.clientY - box.top)
  }

  #walk(event: KeyboardEvent) {
    const last = this.#rows.length - 1
    const next: Record<string, number> = {
      ArrowRight: Math.min(last, this.#at + 1),
      ArrowDown: Math.min(last, this.#at + 1),
      ArrowLeft: Math.max(0, this.#at - 1),
      ArrowUp: Math.max(0, this.#at - 1),
      Home: 0,
      End: last,
      Escape: -1,
    }
    if (event.key === 'Enter') this.#open(this.#at)
    const at = next[event.key]
    if (at === undefined) return
    event.preventDefault()
    this.#show(at)
  }

  #show(at: number, x = 0, y = 0) {
    const tip = this.querySelector<HTMLElement>('.tip')
    if (tip === null) return
    for (const mark of this.querySelectorAll<SVGElement>('[data-mark]')) {
      mark.toggleAttribute('data-on', mark.dataset['mark'] === String(at))
    }
    if (at !== this.#at) tip.textContent = wordsOf(this.#rows[at])
    this.#at = at
    // Beside the pointer, and never out of the chart.
    tip.style.left = `${Math.max(0, Math.min(x + 12, this.clientWidth - tip.offsetWidth))}px`
    tip.style.top = `${Math.max(0, y - tip.offsetHeight - 8)}px`
  }

  #open(at: number) {
    this.#rows[at]?.querySelector('a')?.click()
  }
}

function markOf(event: Event): number {
  const mark = event.target instanceof Element ? event.target.closest<SVGElement>('[data-mark]') : null
  return Number(mark?.dataset['mark'] ?? -1)
}

/** "FDD sent: Total $1,780,000, Deals 19" */
function wordsOf(row: HTMLTableRowElement | undefined): string {
  if (row === undefined) return ''
  const [name, ...cells] = row.cells
  const values = cells.map((cell) => `${cell.dataset['label'] ?? ''} ${cell.textContent.trim()}`)
  return `${name?.textContent.trim() ?? ''}: ${values.join(', ')}`
}

customElements.define('chart-tip', ChartTip)
