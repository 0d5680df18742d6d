/** Rows stand in `[data-group]`; those of a group that is already there are added to it. */
export class LoadMore extends HTMLElement {
  /** How many pages stand below the first one. */
  #loaded = 0
  #isLoading = false

  connectedCallback() {
    this.addEventListener('click', this.#clicked)
  }

  disconnectedCallback() {
    this.removeEventListener('click', this.#clicked)
  }

  #clicked = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    if (!this.#isLoading) void this.#load(link)
  }

  async #load(link: HTMLAnchorElement) {
    this.#isLoading = true
    const page = await pageAt(link)
    this.#isLoading = false
    if (page === null) return location.assign(link.href)
    const first = this.#add(page)
    first?.setAttribute('tabindex', '-1')
    first?.focus({ preventScroll: true })
  }

  /** Loads so many pages as were here when somebody left. */
  async loadAgain(pages: number) {
    for (let n = 0; n < pages; n += 1) {
      const link = this.querySelector('a')
      const page = link && (await pageAt(link))
      if (!page) return
      this.#add(page)
    }
  }

  #add(page: Document): HTMLElement | undefined {
    this.#loaded += 1
    history.replaceState({ ...(history.state as object | null), loaded: this.#loaded }, '')
    return addTo(document, page)
  }

  /** Puts as many pages as are loaded here behind `page`, a newer reading of the first one. */
  async catchUp(page: Document) {
    for (let n = 0; n < this.#loaded; n += 1) {
      const link = page.querySelector<HTMLAnchorElement>('load-more a')
      const next = link && (await pageAt(link))
      if (!next) return
      addTo(page, next)
    }
  }
}

async function pageAt({ href }: HTMLAnchorElement): Promise<Document | null> {
  const answer = await fetch(href).catch(() => null)
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null
}

/** Puts the rows of the next page below those of a document, and its way to more in the place of the old one. Gives the first row. */
function addTo(to: Document, page: Document): HTMLElement | undefined {
  const groups = () => [...to.querySelectorAll('[data-group]')]
  const rows = (of: Element) => of.querySelector('[data-rows]') ?? of
  const added = [...page.querySelectorAll('[data-group]')].map((group) => {
    const first = rows(group).firstElementChild
    const same = groups().find((one) => one.getAttribute('data-group') === group.getAttribute('data-group'))
    if (same) rows(same).append(...rows(group).children)
    else groups().at(-1)?.after(group)
    return first instanceof HTMLElement ? first : undefined
  })
  const [here, next] = [to, page].map((of) => of.querySelector('load-more'))
  const status = here?.querySelector('[data-shown]')
  const shown = next?.querySelector('[data-shown]')?.getAttribute('data-shown') ?? ''
  if (status) status.textContent = shown
  const link = here?.querySelector('a')
  const further = next?.querySelector('a')
  if (further) link?.replaceWith(further)
  else link?.remove()
  return added.find((element) => element !== undefined)
}

customElements.define('load-more', LoadMore)
