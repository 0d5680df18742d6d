import { HtmlValidate } from 'html-validate'
import { none, type Finding } from './bars.ts'
import { ask, type Demo } from './demo.ts'
import type { Place } from './places.ts'

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    'no-inline-style': 'error',
    // How Astro writes, and what costs nobody anything.
    'doctype-style': 'off',
    'void-style': 'off',
    'attribute-boolean-style': 'off',
    'attribute-empty-style': 'off',
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    // Safari stops calling a list a list when its marks are gone.
    'no-redundant-role': 'off',
  },
})

/** Whether the page is HTML as the standard has it. */
export async function validate(demo: Demo, place: Place): Promise<Finding> {
  const { results } = await validator.validateString(await (await ask(demo, place)).text())
  const found = results.flatMap(({ messages }) =>
    messages
      .filter(({ severity }) => severity === 2)
      .map(({ ruleId, message, selector }) => `${ruleId}: ${message} (${selector ?? ''})`),
  )
  return none(place.name, 'Invalid HTML', [...new Set(found)])
}
