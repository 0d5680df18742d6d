import { askOnce, askPatiently, refusedWords } from './ask-patiently.ts'
import { fieldsOf } from './form-fields.ts'
import { bringUpToDate, showPage } from './bring-up-to-date.ts'
import './step-form.ts'
import type { StepDone } from './step-form.ts'
import { toasts } from './toast.ts'

const rows = 'due-queue [data-rows] > li'

/**
 * The list of due actions: opens the form of a row in a dialog over the list, shows the list as it is once the form is saved, says
 * what was done with the way to take it back, and puts the focus on the row that comes next.
 */
class DueQueue extends HTMLElement {
  #dialog = document.createElement('dialog')
  #row = 0

  connectedCallback() {
    this.#dialog.className = 'step-dialog'
    this.#dialog.setAttribute('aria-labelledby', 'step-heading')
    document.body.append(this.#dialog, toasts)
    document.addEventListener('click', this.#clicked)
    document.addEventListener('submit', this.#sent)
    this.#dialog.addEventListener('step-done', this.#done)
    this.#dialog.addEventListener('close', this.#closed)
  }

  disconnectedCallback() {
    this.#dialog.remove()
    document.removeEventListener('click', this.#clicked)
    document.removeEventListener('submit', this.#sent)
  }

  #clicked = (event: MouseEvent) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-deed]')
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    const row = link.closest('li')
    if (row) this.#row = [...document.querySelectorAll(rows)].indexOf(row)
    void this.#open(link.href)
  }

  async #open(href: string) {
    this.#say('One moment…', undefined)
    if (!this.#dialog.open) this.#dialog.showModal()
    const url = new URL(href)
    url.searchParams.set('part', '')
    const answer = await askPatiently(url, {}, () => this.#dialog.open)
    if (answer === undefined)
      return this.#say('The connection dropped. Nothing is lost.', () => void this.#open(href))
    const form = new DOMParser().parseFromString(answer.text, 'text/html').querySelector('step-form')
    // Signed out meanwhile, or gone: the page itself says so.
    if (!form) return location.assign(href)
    if (!this.#dialog.open) return
    this.#dialog.replaceChildren(document.adoptNode(form))
    const first = this.#dialog.querySelector<HTMLElement>('[autofocus]')
    ;(first ?? this.#dialog.querySelector<HTMLElement>('input:not([type=hidden]), button'))?.focus()
  }

  #say(words: string, again: (() => void) | undefined) {
    const said = document.createElement('p')
    said.className = 'step-wait'
    said.id = 'step-heading'
    said.textContent = words
    const close = document.createElement('button')
    close.type = 'button'
    close.className = 'button quiet'
    close.textContent = again ? 'Try again' : 'Close'
    close.addEventListener('click', again ?? (() => this.#dialog.close()))
    this.#dialog.replaceChildren(said, close)
    if (this.#dialog.open) close.focus()
  }

  /** The small forms of the list, which only press something: they answer with the list, too. */
  #sent = (event: SubmitEvent) => {
    const form = event.target as HTMLFormElement
    if (
      event.defaultPrevented ||
      !form.matches('due-queue form[method=post], toast-region form, [data-done] form')
    )
      return
    event.preventDefault()
    void this.#press(form)
  }

  async #press(form: HTMLFormElement) {
    const row = form.closest('li')
    if (row) this.#row = [...document.querySelectorAll(rows)].indexOf(row)
    for (const button of form.querySelectorAll('button')) button.disabled = true
    const answer = await askOnce(new URL(form.action), { method: 'POST', body: fieldsOf(form) })
    for (const button of form.querySelectorAll('button')) button.disabled = false
    if (answer === undefined) return toasts.say('Not saved: the connection dropped. Try again.', undefined)
    if (!answer.wasRedirected)
      return toasts.say(`Not saved: ${refusedWords(answer.status)}. Try again.`, undefined)
    await this.#show({ page: new DOMParser().parseFromString(answer.text, 'text/html'), href: answer.url })
  }

  #done = (event: Event) => {
    const { detail } = event as CustomEvent<StepDone>
    this.#dialog.close()
    void this.#show(detail)
  }

  /** The list as it is now, and what was done as a message instead of a notice in it. */
  async #show({ page, href }: StepDone) {
    if (!page.querySelector('due-queue')) return location.assign(href)
    const notice = page.querySelector('[data-done]')
    notice?.remove()
    document.querySelector('[data-done]')?.remove()
    const undo = notice?.querySelector('form') ?? undefined
    if (notice) toasts.say(notice.querySelector('p')?.textContent ?? '', undo && document.adoptNode(undo))
    else toasts.clear()
    await showPage(page)
    const all = [...document.querySelectorAll(rows)]
    const row = all[Math.min(this.#row, all.length - 1)]
    // Not whatever comes first in it: what the CRM plans stands before the deeds.
    const next = row?.querySelector<HTMLElement>('[data-deed=complete]') ?? row?.querySelector('button')
    const heading = document.querySelector<HTMLElement>('main h1')
    if (!next) heading?.setAttribute('tabindex', '-1')
    ;(next ?? heading)?.focus()
  }

  #closed = () => {
    if (this.#dialog.returnValue === 'keep') void bringUpToDate()
    this.#dialog.returnValue = ''
    this.#dialog.replaceChildren()
  }
}

customElements.define('due-queue', DueQueue)
