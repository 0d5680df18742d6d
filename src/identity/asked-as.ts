import { AsyncLocalStorage } from 'node:async_hooks'

/** Hears under which address a provider knows somebody, which the library does not say when it refuses them. */
export type Hearing = {
  /** Runs what asks a provider. Gives besides the address that was heard meanwhile, by this request alone. */
  during: <T>(run: () => Promise<T>) => Promise<{ answer: T; email: string | undefined }>
  heard: (email: string) => void
}

export function createHearing(): Hearing {
  const requests = new AsyncLocalStorage<{ email?: string }>()
  return {
    during: async (run) => {
      const heard: { email?: string } = {}
      const answer = await requests.run(heard, run)
      return { answer, email: heard.email }
    },
    heard: (email) => {
      const request = requests.getStore()
      if (request !== undefined) request.email = email
    },
  }
}
