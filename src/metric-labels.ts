// Which models and versions are values of metric labels: what is served, and for a while what was. Knows no metric.
import { now } from './clock.js'
import type { ModelEntry } from './inference/registry.js'

/** So many versions are values at a time; models are bounded by what is served. */
const maxVersions = 500
/** Until everybody who scrapes has seen its last counts: Prometheus looks every minute unless it is told otherwise, and some look every five. */
const keepGoneMs = 10 * 60_000
/** A model whose versions follow each other by the minute must not gather ten minutes of them. */
const maxGonePerModel = 4

/** A version, or with an empty one the model itself. */
interface Value { readonly model: string, readonly version: string, goneSince: number | undefined }

const keyOf = (model: string, version: string): string => version === '' ? model : `${model}\n${version}`

export interface MetricLabelsOptions {
  /** What is served now. */
  readonly models: () => readonly ModelEntry[]
  /** Told of values that are none any more; an empty version stands with those that name the model alone. */
  readonly onForgotten: (model: string, version: string) => void
  /** Milliseconds, monotonic. */
  readonly now?: () => number
}

export class MetricLabels {
  readonly #options: MetricLabelsOptions
  readonly #now: () => number
  readonly #known = new Map<string, Value>()

  constructor (options: MetricLabelsOptions) {
    this.#options = options
    this.#now = options.now ?? now
  }

  /** Empty for no model, `_unknown` for one that is not served. */
  model (model: string | undefined): string {
    return model === undefined ? '' : this.#known.has(model) || this.#admit(model, '') ? model : '_unknown'
  }

  /** Of a model as `model` gave it. Empty for no version, `_other` for one that is not served, or is one too many. */
  version (model: string, version: string | undefined): string {
    if (version === undefined || version === '' || model === '' || model === '_unknown') return ''
    return this.#known.has(keyOf(model, version)) || this.#admit(model, version) ? version : '_other'
  }

  both (model: string, version: string): { model: string, version: string } {
    const known = this.model(model)
    return { model: known, version: this.version(known, version) }
  }

  /** Forgets what has been gone for long enough. What was forgotten is not known again before it is served again. */
  sweep (): void {
    const moment = this.#now()
    const served = this.#served()
    const counts = new Map<string, number>()
    for (const [key, value] of this.#known) value.goneSince = served.has(key) ? undefined : value.goneSince ?? moment
    for (const value of this.#gone().reverse()) {
      const { model, version } = value
      const count = (counts.get(model) ?? 0) + 1
      if (version !== '') counts.set(model, count)
      if (moment - value.goneSince! >= keepGoneMs || (version !== '' && count > maxGonePerModel)) this.#forget(value)
    }
  }

  #served (): Set<string> {
    return new Set(this.#options.models().flatMap(({ name, versions }) => [keyOf(name, ''), ...versions.map(({ version }) => keyOf(name, version.toString()))]))
  }

  /** Those that went first stand first. */
  #gone (): Value[] {
    return [...this.#known.values()].filter(({ goneSince }) => goneSince !== undefined).sort((a, b) => a.goneSince! - b.goneSince!)
  }

  /** Only here anything grows. */
  #admit (model: string, version: string): boolean {
    if (!this.#served().has(keyOf(model, version))) return false
    this.sweep()
    if (version !== '' && [...this.#known.values()].filter(value => value.version !== '').length >= maxVersions) {
      const first = this.#gone().find(value => value.version !== '')
      if (first === undefined) return false
      this.#forget(first)
    }
    this.#known.set(keyOf(model, version), { model, version, goneSince: undefined })
    return true
  }

  #forget ({ model, version }: Value): void {
    this.#known.delete(keyOf(model, version))
    this.#options.onForgotten(model, version)
    if (version === '') this.#options.onForgotten(model, '_other')
  }
}
