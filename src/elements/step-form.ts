import { askOnce, askPatiently, refusedWords } from './ask-patiently.ts'
import { fieldsOf } from './form-fields.ts'

/** The fields that a person fills in; the others belong to the page. */
const typed = ['ending', 'details', 'day', 'date', 'time', 'kind', 'reason']

/** What became of a form: the list that says so, or nothing. */
export type StepDone = { page: Document; href: string }

/**
 * The form of a next step, as a page or in a dialog: sends itself without leaving, keeps what was typed until it is saved (in this
 * tab, whatever happens to the page or the connection; for whoever typed it, as long as the same step stands), and says beside a
 * field what is missing there.
 */
class StepForm extends HTMLElement {
  /** What the button that sends says when nothing is under way. */
  #words: Node[] = []

  connectedCallback() {
    this.addEventListener('submit', this.#sent)
    this.addEventListener('input', this.#keep)
    this.addEventListener('keydown', this.#steer)
    this.addEventListener('click', this.#clicked)
    window.addEventListener('online', this.#online)
    this.#restore()
  }

  disconnectedCallback() {
    window.removeEventListener('online', this.#online)
  }

  get #main() {
    return this.querySelector<HTMLFormElement>('form#step-form')
  }

  #sent = (event: SubmitEvent) => {
    event.preventDefault()
    if (event.target instanceof HTMLFormElement) void this.#send(event.target)
  }

  async #send(form: HTMLFormElement) {
    const isMain = form === this.#main
    if (this.hasAttribute('aria-busy') || (isMain && this.#missing())) return
    this.#busy(true)
    const dialog = this.closest('dialog')
    const url = new URL(form.action)
    if (dialog) url.searchParams.set('part', '')
    const sent = { method: 'POST', body: fieldsOf(form) }
    // Sent twice it finds its own work there. What the CRM plans, taken over twice, finds somebody else's.
    const answer = await (isMain ? askPatiently(url, sent, () => this.isConnected) : askOnce(url, sent))
    this.#busy(false)
    if (answer === undefined)
      return this.#fail('Not saved: the connection dropped. What you typed is kept here.', form)
    const page = new DOMParser().parseFromString(answer.text, 'text/html')
    const at = new URL(answer.url)
    if (answer.wasRedirected && at.pathname.endsWith('/due'))
      return this.#done({ page, href: at.href }, dialog)
    const fresh = page.querySelector('step-form')
    if (fresh) {
      if (!dialog) document.title = page.title
      return this.#show(fresh)
    }
    const isSignIn = at.pathname === '/sign-in'
    this.#fail(
      isSignIn
        ? 'Not saved: you were signed out. Sign in in another tab and try again; what you typed is kept here.'
        : `Not saved: ${refusedWords(answer.status)}. What you typed is kept here.`,
      form,
    )
  }

  #done(done: StepDone, dialog: HTMLDialogElement | null) {
    this.forget()
    if (dialog) this.dispatchEvent(new CustomEvent('step-done', { bubbles: true, detail: done }))
    else location.assign(done.href)
  }

  /** The same form with what is wrong in it, or what somebody else did. */
  #show(fresh: Element) {
    this.replaceChildren(...fresh.childNodes)
    this.querySelector<HTMLElement>('.problem')?.focus()
  }

  #busy(isBusy: boolean) {
    this.toggleAttribute('aria-busy', isBusy)
    if (isBusy) this.ariaBusy = 'true'
    for (const button of this.querySelectorAll<HTMLButtonElement>('button[type=submit]')) {
      button.disabled = isBusy
      const { busy } = button.dataset
      if (busy === undefined) continue
      if (isBusy) this.#words = [...button.childNodes]
      button.replaceChildren(...(isBusy ? [busy] : this.#words))
    }
  }

  #fail(words: string, form: HTMLFormElement) {
    const problem = this.#say(words)
    const again = document.createElement('button')
    again.type = 'button'
    again.className = 'button quiet'
    again.textContent = 'Try again'
    again.addEventListener('click', () => void this.#send(form))
    problem.append(again)
    again.focus()
  }

  #say(words: string): HTMLElement {
    this.querySelector('.problem')?.remove()
    const problem = document.createElement('div')
    problem.className = 'problem'
    problem.role = 'alert'
    problem.tabIndex = -1
    const said = document.createElement('p')
    said.textContent = words
    problem.append(said)
    this.querySelector('.step-body')?.prepend(problem)
    return problem
  }

  #online = () => {
    const problem = this.querySelector<HTMLElement>('.problem p')
    if (problem?.textContent.startsWith('Not saved: the connection'))
      problem.textContent = 'You are online again. What you typed is kept here, and not saved yet.'
  }

  /** Says beside every empty field that is needed what is missing; true when one is. */
  #missing(): boolean {
    for (const old of this.querySelectorAll('.wrong, .problem')) old.remove()
    const form = this.#main
    if (form === null) return false
    const given = fieldsOf(form)
    const text = (name: string) => (given.get(name) ?? '').trim()
    const isStep = text('ending') === 'step' || !given.has('ending')
    const isPicked =
      text('day') !== '' && (text('day') !== 'pick' || text('date') !== '') && text('time') !== ''
    const empty = isStep
      ? [...(text('details') === '' ? ['details'] : []), ...(isPicked ? [] : ['day'])]
      : text('ending') !== 'won' && text('reason') === ''
        ? ['reason']
        : []
    const fields = [...this.querySelectorAll<HTMLElement>('[data-field]')]
    const wrong = fields.filter(({ dataset }) => empty.includes(dataset['field'] ?? ''))
    for (const field of fields) mark(field, wrong.includes(field))
    wrong[0]?.querySelector<HTMLElement>('textarea, input')?.focus()
    return wrong.length > 0
  }

  #clicked = (event: Event) => {
    const closer = (event.target as Element).closest<HTMLElement>('[data-close]')
    if (!closer) return
    if (closer.dataset['keep'] !== undefined) this.forget()
    const dialog = this.closest('dialog')
    if (!dialog) return
    event.preventDefault()
    dialog.close(closer.dataset['keep'] === undefined ? '' : 'keep')
  }

  #steer = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      return this.#main?.requestSubmit()
    }
    const isTyping = (event.target as Element).matches('textarea, select, input:not([type=radio])')
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return
    const chip = this.querySelectorAll<HTMLInputElement>('input[name=day]')[Number(event.key) - 1]
    chip?.focus()
    chip?.click()
  }

  get #place() {
    return `tidemark.step ${new URL(this.#main?.action ?? location.href).pathname}`
  }

  /** Whose words they are, and about which step. */
  get #subject() {
    const form = this.#main
    return `${form?.dataset['person']} ${form && fieldsOf(form).get('version')}`
  }

  #keep = () => {
    const form = this.#main
    if (!form) return
    const given = [...fieldsOf(form)].filter(([name]) => typed.includes(name))
    sessionStorage.setItem(this.#place, JSON.stringify([this.#subject, given]))
  }

  /** Forgets what was typed: it is saved, or no longer wanted. */
  forget() {
    sessionStorage.removeItem(this.#place)
  }

  #restore() {
    const form = this.#main
    const kept = sessionStorage.getItem(this.#place)
    if (!form || kept === null || this.querySelector('.problem')) return
    const [subject, given] = JSON.parse(kept) as [string, [string, string][]]
    if (subject !== this.#subject) return this.forget()
    for (const [name, value] of given) {
      const field = form.elements.namedItem(name)
      if (field instanceof RadioNodeList || field instanceof HTMLTextAreaElement) field.value = value
      else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value
    }
  }
}

/** Puts the words of a field's absence beside it, or takes them away. */
function mark(field: HTMLElement, isWrong: boolean) {
  const { field: name = '', missing = '' } = field.dataset
  const input = field.querySelector<HTMLElement>('textarea')
  const target = input ?? field
  const id = `step-${name}-wrong`
  const others = (target.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter((one) => one !== id && one !== '')
  const described = isWrong ? [...others, id] : others
  if (described.length > 0) target.setAttribute('aria-describedby', described.join(' '))
  else target.removeAttribute('aria-describedby')
  if (isWrong) input?.setAttribute('aria-invalid', 'true')
  else input?.removeAttribute('aria-invalid')
  if (!isWrong) return
  const said = document.createElement('span')
  said.className = 'wrong'
  said.id = id
  said.textContent = missing
  field.append(said)
}

customElements.define('step-form', StepForm)
