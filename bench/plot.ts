// Draws lines over two axes as a plain SVG, for reports. Pure; knows nothing of what is measured.

export interface Axis {
  readonly label: string
  /** Equal factors take equal room. All values must be above 0. */
  readonly logarithmic?: boolean
}

export interface Line { readonly name: string, readonly points: readonly { readonly x: number, readonly y: number }[] }

export interface Plot { readonly title: string, readonly x: Axis, readonly y: Axis, readonly lines: readonly Line[] }

const width = 760
const height = 400
const margin = { top: 40, right: 190, bottom: 56, left: 72 }
const plotWidth = width - margin.left - margin.right
const plotHeight = height - margin.top - margin.bottom
/** Told apart by colour-blind readers too. Source: Okabe and Ito, Color Universal Design. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']
const wantedTicks = 6

const escape = (text: string): string => text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)
const round = (value: number): string => String(Math.round(value * 10) / 10)

/** Round values from at most `from` to at least `to`, about six of them: 1, 2 or 5 times a power of ten apart; powers of two on a logarithmic axis. */
export function ticks (from: number, to: number, logarithmic = false): number[] {
  if (logarithmic) {
    const [first, last] = [Math.floor(Math.log2(from)), Math.ceil(Math.log2(to))]
    const every = Math.max(1, Math.ceil((last - first) / 10))
    return Array.from({ length: Math.ceil((last - first) / every) + 1 }, (_, i) => 2 ** (first + i * every))
  }
  const rough = (to - from || 1) / wantedTicks
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(one => one >= rough)!
  const first = Math.floor(from / step)
  return Array.from({ length: Math.max(1, Math.ceil(to / step) - first) + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

interface Scale { readonly ticks: readonly number[], readonly at: (value: number) => number }

function scale (values: readonly number[], { logarithmic = false }: Axis, length: number): Scale {
  const lowest = Math.min(...values)
  const marks = ticks(logarithmic ? lowest : Math.min(0, lowest), Math.max(...values), logarithmic)
  const of = logarithmic ? Math.log2 : (value: number): number => value
  const [from, to] = [of(marks[0]), of(marks.at(-1)!)]
  return { ticks: marks, at: value => (of(value) - from) / (to - from || 1) * length }
}

/** The SVG's text. Lines without points are named and not drawn. Throws for a plot without any point. */
export function svgOf ({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap(line => line.points)
  if (points.length === 0) throw new Error(`nothing to draw: ${title}`)
  const across = scale(points.map(point => point.x), x, plotWidth)
  const up = scale(points.map(point => point.y), y, plotHeight)
  const left = (value: number): string => round(margin.left + across.at(value))
  const top = (value: number): string => round(margin.top + plotHeight - up.at(value))
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="24" font-size="15">${escape(title)}</text>`,
    ...up.ticks.map(value => `<path d="M${margin.left} ${top(value)}h${plotWidth}" stroke="#dddddd"/><text x="${margin.left - 8}" y="${top(value)}" dy="4" text-anchor="end">${value}</text>`),
    ...across.ticks.map(value => `<path d="M${left(value)} ${margin.top + plotHeight}v5" stroke="#666666"/><text x="${left(value)}" y="${margin.top + plotHeight + 20}" text-anchor="middle">${value}</text>`),
    `<path d="M${margin.left} ${margin.top}v${plotHeight}h${plotWidth}" fill="none" stroke="#666666"/>`,
    `<text x="${margin.left + plotWidth / 2}" y="${height - 12}" text-anchor="middle">${escape(x.label)}</text>`,
    `<text transform="translate(18 ${margin.top + plotHeight / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>`,
    ...lines.flatMap((line, i) => {
      const colour = colours[i % colours.length]
      const path = line.points.map((point, n) => `${n === 0 ? 'M' : 'L'}${left(point.x)} ${top(point.y)}`).join('')
      const row = margin.top + 10 + i * 20
      return [
        ...path === '' ? [] : [`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`],
        `<path d="M${width - margin.right + 14} ${row}h18" stroke="${colour}" stroke-width="2"/><text x="${width - margin.right + 38}" y="${row}" dy="4">${escape(line.name)}</text>`
      ]
    }),
    '</svg>\n'
  ]
  return parts.join('\n')
}
