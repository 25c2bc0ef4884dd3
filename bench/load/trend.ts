// The trend of a value over time. Pure.

export interface Point { readonly at: number, readonly value: number }

/** The slope of the line through the points by least squares, in units of value per unit of `at`; 0 for fewer than two moments. */
export function slope (points: readonly Point[]): number {
  const n = points.length
  const meanAt = points.reduce((sum, { at }) => sum + at, 0) / n
  const meanValue = points.reduce((sum, { value }) => sum + value, 0) / n
  let over = 0
  let under = 0
  for (const { at, value } of points) {
    over += (at - meanAt) * (value - meanValue)
    under += (at - meanAt) ** 2
  }
  return under > 0 ? over / under : 0
}

/** The lowest value of each of `count` equal spans of time: what is held, without what a collector has not looked at yet. */
export function floors (points: readonly Point[], count: number): Point[] {
  if (points.length === 0) return []
  const from = points[0].at
  const length = (points.at(-1)!.at - from) / count || 1
  const lowest = new Map<number, Point>()
  for (const point of points) {
    const span = Math.min(count - 1, Math.floor((point.at - from) / length))
    const known = lowest.get(span)
    if (known === undefined || point.value < known.value) lowest.set(span, point)
  }
  return [...lowest.values()]
}
