import type { Marks } from './engine.ts'

type Frame = {
  width: number
  height: number
  label: string
  /** Begins every id in the picture, so that two on one page do not share any. */
  prefix: string
  marks: Marks | undefined
}

/**
 * What ECharts writes, made fit for a page whose policy forbids inline styles: no `<style>`, no `style=""`, no classes, no font
 * of its own; an image with a label; and every mark says which row of the table it stands for (`data-mark`).
 */
export function cleanSvg(svg: string, frame: Frame): string {
  const { width, height, label, prefix } = frame
  const inside = svg
    .replace(/^[\s\S]*?<svg[^>]*>/, '')
    .replaceAll(/<style[\s\S]*?<\/style>/g, '')
    .replaceAll(/<(?!\/)([a-z]+)([^>]*)>/gi, (_, name: string, attributes: string) => {
      return `<${name}${cleanAttributes(attributes, frame)}>`
    })
    .replaceAll(/url\(#(zr\d+-)?/g, `url(#${prefix}`)
    .replaceAll(/\n+/g, '')
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(label)}">${inside}`
}

function cleanAttributes(attributes: string, { prefix, marks }: Frame): string {
  const isSilent = attributes.includes('ecmeta_silent')
  const at = Number(/ecmeta_data_index="(\d+)"/.exec(attributes)?.[1] ?? NaN)
  const series = Number(/ecmeta_series_index="(\d+)"/.exec(attributes)?.[1] ?? NaN)
  const kept = attributes
    .replaceAll(/ (class|xml:space|pointer-events|ecmeta_[a-z_]+|id="\d+")(="[^"]*")?/g, '')
    .replaceAll(/ id="(zr\d+-)?/g, ` id="${prefix}`)
    .replaceAll(/ style="([^"]*)"/g, (_, style: string) => asAttributes(style))
  if (isSilent || Number.isNaN(at)) return kept
  const mark = marks === undefined ? at : marks.rows[marks.by === 'series' ? series : at]
  return typeof mark === 'number' ? insertBeforeEnd(kept, ` data-mark="${mark}"`) : kept
}

/** Only what text needs; the page brings the font. */
function asAttributes(style: string): string {
  const size = /(?:font-size:\s*|font:[^;"]*?)([\d.]+)px/.exec(style)?.[1]
  const weight = /font-weight:\s*(\w+)/.exec(style)?.[1]
  return `${size ? ` font-size="${size}"` : ''}${weight ? ` font-weight="${weight}"` : ''}`
}

function insertBeforeEnd(attributes: string, more: string): string {
  return attributes.endsWith('/') ? `${attributes.slice(0, -1)}${more}/` : `${attributes}${more}`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
