/** Undone things stay as long as they can be; a pointer or the focus on the message holds it. */
const staysMs = 10_000

/** One message at the foot of the page, said aloud; the newest takes the place of the one before. Z takes back what it tells of. */
class ToastRegion extends HTMLElement {
  #ends: ReturnType<typeof setTimeout> | undefined

  connectedCallback() {
    this.role = 'status'
    document.addEventListener('undo-last', this.#undo)
    this.addEventListener('pointerenter', this.#hold)
    this.addEventListener('focusin', this.#hold)
    this.addEventListener('pointerleave', this.#wait)
    this.addEventListener('focusout', this.#wait)
  }

  disconnectedCallback() {
    document.removeEventListener('undo-last', this.#undo)
    clearTimeout(this.#ends)
  }

  say(words: string, undo: HTMLFormElement | undefined) {
    const toast = document.createElement('div')
    toast.className = 'toast'
    const said = document.createElement('span')
    said.textContent = words
    toast.append(said)
    if (undo) {
      const key = document.createElement('kbd')
      key.textContent = 'Z'
      undo.querySelector('button')?.append(' ', key)
      toast.append(undo)
    }
    this.replaceChildren(toast)
    this.#wait()
  }

  clear() {
    clearTimeout(this.#ends)
    this.replaceChildren()
  }

  #undo = () =>
    (
      this.querySelector('form') ?? document.querySelector<HTMLFormElement>('[data-done] form')
    )?.requestSubmit()

  #hold = () => clearTimeout(this.#ends)

  #wait = () => {
    clearTimeout(this.#ends)
    this.#ends = setTimeout(() => this.replaceChildren(), staysMs)
  }
}

customElements.define('toast-region', ToastRegion)

/** The region of this page. Put there before the first message, so that a screen reader hears that too. */
export const toasts = new ToastRegion()
