import lighthouse, { type RunnerResult } from 'lighthouse'
import { bars, figure, median, none, type Finding } from './bars.ts'
import { openBrowser } from './chromium.ts'
import type { Demo } from './demo.ts'
import type { Place } from './places.ts'

type Report = RunnerResult['lhr']
const runs = 3

/** Lighthouse's phone, three times, each in a fresh browser; the figures are medians. */
export async function measureSpeed(demo: Demo, place: Place): Promise<Finding[]> {
  const reports: Report[] = []
  for (let run = 0; run < runs; run++) reports.push(await lighthouseOnce(demo, place))
  const score = (id: string) => median(reports.map(({ categories }) => (categories[id]?.score ?? 0) * 100))
  const value = (id: string) => median(reports.map(({ audits }) => audits[id]?.numericValue ?? Number.NaN))
  const { name, path, isPublic } = place
  const performance = isPublic ? bars.performance.public : bars.performance.data
  return [
    figure(name, 'Performance', Math.round(score('performance')), { least: performance }),
    figure(name, 'Accessibility', Math.round(score('accessibility')), { least: bars.accessibility }),
    figure(name, 'Best practices', Math.round(score('best-practices')), { least: bars.bestPractices }),
    // Every other page asks not to be found.
    ...(path === '/sign-in' ? [figure(name, 'SEO', Math.round(score('seo')), { least: bars.seo })] : []),
    figure(name, 'CLS', value('cumulative-layout-shift'), { most: bars.cls }),
    figure(name, 'TBT, ms', Math.round(value('total-blocking-time')), { most: bars.tbtMs }),
    none(name, 'Audits that failed', failedAudits(reports)),
  ]
}

async function lighthouseOnce(demo: Demo, { path, isPublic }: Place): Promise<Report> {
  const { port, close } = await openBrowser(demo, { signedIn: !isPublic })
  try {
    const result = await lighthouse(demo.url + path, {
      port,
      output: 'json',
      logLevel: 'silent',
      disableStorageReset: true,
      onlyCategories: ['performance', 'accessibility', 'best-practices', 'seo'],
    })
    if (!result) throw new Error(`no report of ${path}`)
    const { runtimeError } = result.lhr
    if (runtimeError) throw new Error(`${path}: ${runtimeError.message}`)
    return result.lhr
  } finally {
    await close()
  }
}

/** Whatever of accessibility and good practice failed in any run. */
function failedAudits(reports: readonly Report[]): string[] {
  const failed = reports.flatMap(({ categories, audits }) =>
    ['accessibility', 'best-practices'].flatMap((id) =>
      (categories[id]?.auditRefs ?? [])
        .filter((ref) => ref.weight > 0 && audits[ref.id]?.score === 0)
        .map((ref) => ref.id),
    ),
  )
  return [...new Set(failed)]
}
