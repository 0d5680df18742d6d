import { registerHooks } from 'node:module'
import { sow, type Plant } from '../crash/plants.ts'

/** Sows a mistake into the text of the worker's files as they are loaded; to be called before any of them is. */
export function plantInto(plant: Plant): void {
  const files = new Set(plant.engine?.map(({ file }) => file))
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context)
      const { source } = loaded
      if (![...files].some((name) => url.endsWith(`/${name}`)) || source === undefined || source === null)
        return loaded
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString()
      return { ...loaded, source: sow(text, url, plant) }
    },
  })
}
