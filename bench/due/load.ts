import { Client } from 'undici'

// A client of its own process: so many connections, each sending its next request when the last one is answered.

export type Load = {
  url: string
  requests: { path: string; method: 'GET' | 'POST'; headers: Record<string, string>; body?: string }[]
  clients: number
  seconds: number
}
export type Answered = {
  perSecond: number
  p50: number
  p95: number
  p99: number
  wrong: number
  bytes: number
}

process.on('message', (load: Load) => void answer(load))

async function answer({ url, requests, clients, seconds }: Load): Promise<void> {
  const times: number[] = []
  let next = 0
  let wrong = 0
  let bytes = 0
  const startedMs = performance.now()
  const endMs = startedMs + seconds * 1_000
  const one = async () => {
    const client = new Client(url, { pipelining: 1 })
    while (performance.now() < endMs && next < requests.length * 1_000_000) {
      const request = requests[next++ % requests.length]
      if (request === undefined) break
      const sentMs = performance.now()
      const { statusCode, body } = await client.request(request)
      bytes = (await body.arrayBuffer()).byteLength
      times.push(performance.now() - sentMs)
      if (statusCode !== 200) wrong += 1
    }
    await client.close()
  }
  await Promise.all(Array.from({ length: clients }, one))
  const took = (performance.now() - startedMs) / 1_000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  process.send?.({
    perSecond: times.length / took,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    wrong,
    bytes,
  } satisfies Answered)
}
