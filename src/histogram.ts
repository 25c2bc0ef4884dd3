// A histogram whose series are looked up once and then only counted in; prom-client's own checks and joins all labels at every observation. Knows no metric by name.
import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client'

/** What a registry is given of a metric. */
type Printed = Omit<MetricObjectWithValues<MetricValueWithName<string>>, 'collect'>

export interface HistogramOptions<L extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly L[]
  /** Upper bounds, rising. */
  readonly buckets: readonly number[]
}

/** One combination of label values. */
export class Series<L extends string = string> {
  readonly labels: Readonly<Record<L, string>>
  readonly #bounds: readonly number[]
  /** By bucket, not summed up; the last one is what lies beyond all bounds. */
  readonly counts: Float64Array
  sum = 0

  constructor (labels: Readonly<Record<L, string>>, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe (value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++
    this.counts[bucket]!++
    this.sum += value
  }
}

/** Stands in a prom-client registry like one of its own. */
export class Histogram<L extends string> {
  readonly type = 'histogram'
  readonly name: string
  readonly help: string
  readonly labelNames: readonly L[]
  readonly #buckets: readonly number[]
  #series: Series<L>[] = []

  constructor ({ name, help, labelNames, buckets }: HistogramOptions<L>, registry: Registry) {
    this.name = name
    this.help = help
    this.labelNames = labelNames
    this.#buckets = buckets
    // The registry asks its metrics for nothing but a name and `get`.
    registry.registerMetric(this as never)
  }

  /** A new series; the caller keeps it and makes no second one of the same labels. */
  series (labels: Readonly<Record<L, string>>): Series<L> {
    const series = new Series(labels, this.#buckets)
    this.#series.push(series)
    return series
  }

  /** Forgets every series that has all of these label values. */
  remove (labels: Readonly<Partial<Record<L, string>>>): void {
    const wanted = Object.entries(labels) as [L, string][]
    this.#series = this.#series.filter(series => wanted.some(([name, value]) => series.labels[name] !== value))
  }

  /** What prom-client's registry prints. */
  get (): Printed {
    const values: MetricValueWithName<string>[] = []
    for (const { labels, counts, sum } of this.#series) {
      let count = 0
      for (let i = 0; i < counts.length; i++) values.push({ metricName: `${this.name}_bucket`, labels: { le: i < this.#buckets.length ? this.#buckets[i]! : '+Inf', ...labels }, value: count += counts[i]! })
      values.push({ metricName: `${this.name}_sum`, labels, value: sum }, { metricName: `${this.name}_count`, labels, value: count })
    }
    return { name: this.name, help: this.help, type: this.type as never, aggregator: 'sum', values }
  }
}
