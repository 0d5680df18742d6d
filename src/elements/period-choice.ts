/** Whoever gives a day means the days, and whoever gives a name takes the days back. */
class PeriodChoice extends HTMLElement {
  connectedCallback() {
    this.addEventListener('input', this.#given)
  }

  disconnectedCallback() {
    this.removeEventListener('input', this.#given)
  }

  #given = ({ target }: Event) => {
    const name = this.querySelector('select')
    if (!name || !(target instanceof HTMLElement)) return
    if (target instanceof HTMLInputElement) name.value = 'days'
    else for (const day of this.querySelectorAll('input')) day.value = name.value === 'days' ? day.value : ''
  }
}

customElements.define('period-choice', PeriodChoice)
