import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { password } from '../people.ts'
import type { Visitor } from '../visitor.ts'

/** The code that an authenticator app shows for a secret (RFC 6238), so many steps of 30 s from now. The next one is good already. */
export function codeOf(secret: string, steps = 0): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 0xf
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** So many codes that are not good around now; each differs from the others. */
export function wrongCodes(secret: string, count: number): string[] {
  const good = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps))
  const all = Array.from({ length: count + good.length }, (_, index) => String(100_000 + index))
  return all.filter((code) => !good.includes(code)).slice(0, count)
}

/** Sets up codes on the page for it. `code` is the one that was given, and is spent. */
export async function enrol(
  visitor: Visitor,
  slug: string,
  own = password,
): Promise<{ secret: string; code: string; recoveryCodes: string[]; answer: Response }> {
  const page = `/w/${slug}/settings/security`
  expect((await visitor.post(page, { action: 'enrol', password: own })).status).toBe(303)
  const secret = secretOn(await (await visitor.get(page)).text())
  const code = codeOf(secret)
  const answer = await visitor.post(page, { action: 'confirm', code })
  const recoveryCodes = recoveryCodesOn(await answer.clone().text())
  return { secret, code, recoveryCodes, answer }
}

/** The secret as people read it off the page. */
export function secretOn(html: string): string {
  const [, groups = ''] = /<code class="secret"[^>]*>([A-Z2-7 ]+)<\/code>/.exec(html) ?? []
  return groups.replaceAll(' ', '')
}

export function recoveryCodesOn(html: string): string[] {
  const [, text = ''] = /<pre class="secret codes"[^>]*>([^<]+)<\/pre>/.exec(html) ?? []
  return text.trim().split('\n')
}

function fromBase32(text: string): Buffer {
  const bits = text
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}
