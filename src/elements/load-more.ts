/** Rows stand in `[data-group]`; those of a group that is already there are added to it. */
class LoadMore extends HTMLElement {
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
    void this.#load(link)
  }

  async #load(link: HTMLAnchorElement) {
    const answer = await fetch(link.href).catch(() => null)
    if (!answer?.ok) return location.assign(link.href)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const added = [...page.querySelectorAll('[data-group]')].map((group) => this.#add(group))
    const next = page.querySelector('load-more')
    const status = next?.querySelector('[data-shown]')
    const here = this.querySelector('[data-shown]')
    if (here) here.textContent = status?.getAttribute('data-shown') ?? ''
    const further = next?.querySelector('a')
    if (further) link.replaceWith(further)
    else link.remove()
    const first = added.find((element) => element !== undefined)
    first?.setAttribute('tabindex', '-1')
    first?.focus({ preventScroll: true })
  }

  /** Gives the first row that is new. */
  #add(group: Element): HTMLElement | undefined {
    const groups = [...document.querySelectorAll('[data-group]')]
    const rows = (of: Element) => of.querySelector('[data-rows]') ?? of
    const first = rows(group).firstElementChild
    const same = groups.find((one) => one.getAttribute('data-group') === group.getAttribute('data-group'))
    if (same) rows(same).append(...rows(group).children)
    else groups.at(-1)?.after(group)
    return first instanceof HTMLElement ? first : undefined
  }
}

customElements.define('load-more', LoadMore)
