const everyMs = 5_000

class RunWatch extends HTMLElement {
  #timer: number | undefined

  connectedCallback() {
    this.#timer = window.setInterval(() => void this.#look(), everyMs)
  }

  disconnectedCallback() {
    window.clearInterval(this.#timer)
  }

  async #look() {
    if (document.hidden) return
    const address = `/api/v1/sync/status?workspace=${encodeURIComponent(this.dataset['workspace'] ?? '')}`
    const answer = await fetch(address).catch(() => null)
    if (!answer?.ok) return
    const status = (await answer.json()) as { is_running: boolean }
    if (status.is_running) return
    window.clearInterval(this.#timer)
    this.#sayEnded()
  }

  #sayEnded() {
    const link = document.createElement('a')
    link.href = location.pathname
    link.textContent = 'Show what it brought'
    this.querySelector('p')?.replaceChildren('The run has ended. ', link)
  }
}

customElements.define('run-watch', RunWatch)
