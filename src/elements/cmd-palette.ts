import { ownWorkspaces, workspaceChoice } from './own-workspaces.ts'
import { Picker } from './picker.ts'
import { keepTheme, themes } from './theme.ts'

/** Ctrl K from anywhere: what the server listed, the other workspaces, and what only scripts can do. */
class CmdPalette extends HTMLElement {
  #picker: Picker | undefined

  connectedCallback() {
    document.addEventListener('keydown', this.#hear)
    document.addEventListener('open-palette', this.#open)
    document.addEventListener('click', this.#openByButton)
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.#hear)
    document.removeEventListener('open-palette', this.#open)
    document.removeEventListener('click', this.#openByButton)
  }

  #dialog = () => this.querySelector('dialog')

  #hear = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
    event.preventDefault()
    if (this.#dialog()?.open) this.#dialog()?.close()
    else this.#open()
  }

  #openByButton = (event: Event) => {
    if (!(event.target as Element).closest('[commandfor=palette]')) return
    event.preventDefault()
    this.#open()
  }

  #open = () => {
    const dialog = this.#dialog()
    const root = this.querySelector('.picker')
    if (!dialog || !root) return
    if (!dialog.open) dialog.showModal()
    if (!this.#picker) {
      this.#add('Theme', themes.map(this.#themeChoice))
      this.#picker = new Picker(root)
      void this.#addWorkspaces()
    }
    this.#picker.reset()
  }

  async #addWorkspaces() {
    const here = location.pathname.split('/')[2]
    const others = (await ownWorkspaces()).filter(({ slug }) => slug !== here)
    if (others.length > 0) this.#add('Workspaces', others.map(workspaceChoice))
    this.#picker?.narrow()
  }

  #add(name: string, choices: HTMLAnchorElement[]) {
    const heading = document.createElement('p')
    heading.role = 'none'
    heading.id = `palette-${name.toLowerCase()}`
    heading.textContent = name
    const group = document.createElement('div')
    group.role = 'group'
    group.setAttribute('aria-labelledby', heading.id)
    group.append(heading, ...choices)
    this.querySelector('.choices')?.append(group)
  }

  #themeChoice = (theme: (typeof themes)[number]) => {
    const choice = document.createElement('a')
    choice.href = '#'
    choice.textContent = `Theme: ${theme}`
    choice.addEventListener('click', (event) => {
      event.preventDefault()
      keepTheme(theme)
      this.#dialog()?.close()
    })
    return choice
  }
}

customElements.define('cmd-palette', CmdPalette)
