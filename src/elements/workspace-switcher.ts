import { ownWorkspaces, workspaceChoice } from './own-workspaces.ts'
import { Picker } from './picker.ts'

/** Opens the list of workspaces over the name of this one: by a click on that, or by the event `switch-workspace`. */
class WorkspaceSwitcher extends HTMLElement {
  #picker: Picker | undefined

  connectedCallback() {
    document.addEventListener('click', this.#hear)
    document.addEventListener('switch-workspace', this.#open)
  }

  disconnectedCallback() {
    document.removeEventListener('click', this.#hear)
    document.removeEventListener('switch-workspace', this.#open)
  }

  #hear = (event: MouseEvent) => {
    // A new tab gets the page of workspaces.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    if (!(event.target as Element).closest('[data-switcher]')) return
    event.preventDefault()
    this.#open()
  }

  #open = () => {
    this.querySelector<HTMLElement>('[popover]')?.showPopover()
    if (this.#picker) this.#picker.reset()
    else void this.#fill()
  }

  async #fill() {
    const here = location.pathname.split('/')[2]
    const others = (await ownWorkspaces()).filter(({ slug }) => slug !== here)
    this.querySelector('.choices')?.append(...others.map(workspaceChoice))
    const picker = this.querySelector('.picker')
    if (picker) this.#picker = new Picker(picker)
    this.#picker?.reset()
  }
}

customElements.define('workspace-switcher', WorkspaceSwitcher)
