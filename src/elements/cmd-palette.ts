import { jumpChoice, jumpsHere } from './jumps.ts'
import { ownWorkspaces, workspaceChoice } from './own-workspaces.ts'
import { Picker } from './picker.ts'
import { keepTheme, themes } from './theme.ts'

/** Safari knows no idle time. */
const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work) : setTimeout(work, 1_000)
/** So long after the last letter candidates are asked for. */
const restMs = 250

/** Ctrl K from anywhere: what the server listed, the other workspaces, and what only scripts can do. */
class CmdPalette extends HTMLElement {
  #picker: Picker | undefined
  #rest: ReturnType<typeof setTimeout> | undefined
  /** What the server has to be asked for was asked for. */
  #isWhole = false
  /** It was opened, and is not yet as it was before. */
  #isUsed = false

  connectedCallback() {
    whenIdle(this.#prepare)
    document.addEventListener('keydown', this.#hear)
    document.addEventListener('open-palette', this.#open)
    // While it is closed nothing of it has to be laid out.
    this.#layer()?.addEventListener('beforetoggle', this.#begin)
    this.#layer()?.addEventListener('toggle', this.#goOn)
    document.addEventListener('focusin', this.#leave)
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.#hear)
    document.removeEventListener('open-palette', this.#open)
    document.removeEventListener('focusin', this.#leave)
  }

  #layer = () => this.querySelector<HTMLElement>('[popover]')

  #hear = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
    event.preventDefault()
    this.#layer()?.togglePopover()
  }

  #open = () => this.#layer()?.showPopover()

  /** The page behind is not made inert, which would style all of it anew; whoever goes on to it with the keyboard leaves the palette. */
  #leave = ({ target }: FocusEvent) => {
    if (!this.contains(target as Node)) this.#layer()?.hidePopover()
  }

  /** Opening it waits for nothing: it is made ready for the next time when it closes, and completed once it is seen. */
  #goOn = ({ newState }: ToggleEvent) => {
    if (newState === 'open') {
      // Where a list was scrolled to outlives its being hidden.
      this.querySelector('.choices')?.scrollTo(0, 0)
      whenIdle(this.#complete)
      return
    }
    this.#reset()
  }

  /** Who opens it again at once does so before the browser tells that it was closed. */
  #begin = ({ newState }: ToggleEvent) => {
    if (newState !== 'open') return
    this.#prepare()
    if (this.#isUsed) this.#reset()
    this.#isUsed = true
  }

  #reset() {
    this.#picker?.reset()
    this.#search()
    this.#isUsed = false
  }

  #complete = () => {
    if (this.#isWhole) return
    this.#isWhole = true
    void this.#addWorkspaces()
    void this.#addJumps()
  }

  /** Done while the browser has nothing else to do, or else when somebody opens it. */
  #prepare = () => {
    const root = this.querySelector('.picker')
    if (!root || this.#picker) return
    this.#borrowIcons()
    this.#add('Do', '>', this.#deeds())
    // Before the picker hears of what is typed, so that it finds these as they are.
    root.querySelector('input')?.addEventListener('input', this.#search)
    root.querySelector('input')?.addEventListener('input', this.#find)
    this.#picker = new Picker(root)
  }

  async #addWorkspaces() {
    const here = location.pathname.split('/')[2]
    const others = (await ownWorkspaces()).filter(({ slug }) => slug !== here)
    if (others.length > 0) this.#add('Clients', '@', others.map(workspaceChoice))
    this.#picker?.narrow()
  }

  async #addJumps() {
    for (const { name, sign, jumps } of await jumpsHere()) this.#add(name, sign, jumps.map(jumpChoice))
    this.#picker?.narrow()
  }

  /** Whose name has in it what is typed, once the typing rests; a sign in front asks for something else. */
  #find = () => {
    clearTimeout(this.#rest)
    const typed = this.querySelector('input')?.value.trim() ?? ''
    this.#rest = setTimeout(() => void this.#showFound(/^[a-z0-9]/i.test(typed) ? typed : ''), restMs)
  }

  async #showFound(typed: string) {
    const groups = typed.length < 2 ? [] : await jumpsHere(typed)
    if (this.querySelector('input')?.value.trim() !== typed && typed !== '') return
    this.querySelector('#palette-candidates')?.parentElement?.remove()
    for (const { name, sign, jumps } of groups) this.#add(name, sign, jumps.map(jumpChoice))
    this.#picker?.narrow()
  }

  /** Pages are light while nobody asks: what leads to a page of the navigation gets its icon only here. */
  #borrowIcons() {
    const pages = [...document.querySelectorAll<HTMLAnchorElement>('.side li a')]
    for (const choice of this.querySelectorAll<HTMLAnchorElement>('.choices a')) {
      const page = pages.find(({ pathname }) => choice.pathname === pathname) ?? pages.at(-1)
      const icon = page?.querySelector('svg')
      if (icon) choice.prepend(icon.cloneNode(true))
    }
  }

  /** The lists that can be searched for what is typed, whatever it is. */
  #search = () => {
    const typed = this.querySelector('input')?.value.trim() ?? ''
    for (const link of this.querySelectorAll<HTMLAnchorElement>('[data-anything]')) {
      const address = new URL(link.href)
      address.searchParams.set('q', typed)
      link.href = address.href
      const words = link.querySelector('q')
      if (words) words.textContent = typed
    }
  }

  #add(name: string, sign: string, choices: HTMLAnchorElement[]) {
    const heading = document.createElement('p')
    heading.role = 'none'
    heading.id = `palette-${name.toLowerCase()}`
    heading.textContent = name
    const group = document.createElement('div')
    group.role = 'group'
    group.dataset['sign'] = sign
    group.setAttribute('aria-labelledby', heading.id)
    group.append(heading, ...choices)
    this.querySelector('.choices')?.append(group)
  }

  #deeds(): HTMLAnchorElement[] {
    const deeds: [string, () => void][] = [
      ...themes.map((theme): [string, () => void] => [`Theme: ${theme}`, () => keepTheme(theme)]),
      ['Switch workspace', () => document.dispatchEvent(new Event('switch-workspace'))],
      ['Load this page again', () => location.reload()],
      ['Show the keys', () => document.querySelector<HTMLDialogElement>('#keys')?.showModal()],
    ]
    return deeds.map(([words, deed]) => {
      const choice = document.createElement('a')
      choice.href = '#'
      choice.textContent = words
      choice.addEventListener('click', (event) => {
        event.preventDefault()
        this.#layer()?.hidePopover()
        deed()
      })
      return choice
    })
  }
}

customElements.define('cmd-palette', CmdPalette)
