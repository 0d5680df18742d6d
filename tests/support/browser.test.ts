import { expect, test } from 'vitest'
import { launchBrowser } from './browser.ts'

test('the browser of this run shows a page', async () => {
  const browser = await launchBrowser()
  const page = await browser.newPage()
  await page.setContent('<h1>High water</h1>')
  expect(await page.getByRole('heading', { name: 'High water' }).isVisible()).toBe(true)
  await browser.close()
})
