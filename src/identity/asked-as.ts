import { AsyncLocalStorage } from 'node:async_hooks'

const asked = new AsyncLocalStorage<{ email?: string }>()

/** Runs what hears a provider's answer, and gives besides the address under which the provider knows the person. */
export async function hearing<T>(run: () => Promise<T>): Promise<{ answer: T; email: string | undefined }> {
  const heard: { email?: string } = {}
  const answer = await asked.run(heard, run)
  return { answer, email: heard.email }
}

/** Notes the address that a provider names. The library does not say it when it refuses. */
export function heardOf(email: string): void {
  const heard = asked.getStore()
  if (heard !== undefined) heard.email = email
}
