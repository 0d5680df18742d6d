import { isTheme, keepTheme, themeNow } from './theme.ts'

/** Three buttons, one of them pressed. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.dataset['ready'] = ''
    this.addEventListener('click', this.#choose)
    document.addEventListener('theme', this.#show)
    this.#show()
  }

  disconnectedCallback() {
    this.removeEventListener('click', this.#choose)
    document.removeEventListener('theme', this.#show)
  }

  #choose = (event: Event) => {
    const { theme } = (event.target as Element).closest('button')?.dataset ?? {}
    if (isTheme(theme)) keepTheme(theme)
  }

  #show = () => {
    for (const button of this.querySelectorAll('button'))
      button.ariaPressed = String(button.dataset['theme'] === themeNow())
  }
}

customElements.define('theme-switch', ThemeSwitch)
