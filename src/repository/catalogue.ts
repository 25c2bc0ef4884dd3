// The models that the repository knows, and how they stand in the registry: one atomic step per change. Loads and unloads nothing.
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import { OutriggerError } from '../errors.js'
import type { Registry } from '../inference/registry.js'
import type { KnownModel } from './known-model.js'
import type { Labels } from './labels.js'

export interface CatalogueOptions {
  readonly registry: Registry
  readonly labels: Labels
  readonly log: Logger
  readonly record: (news: ChangeNews) => void
  /** Labels that are first put in force while this holds have not moved. */
  readonly starting: () => boolean
}

export class Catalogue {
  readonly #options: CatalogueOptions
  readonly #models = new Map<string, KnownModel>()
  #defaultIsOurs = false

  constructor (options: CatalogueOptions) { this.#options = options }

  get (name: string): KnownModel | undefined { return this.#models.get(name) }

  add (model: KnownModel): void { this.#models.set(model.name, model) }

  /** Of a model that is not there any more, and of which nothing is served. */
  forget (name: string): void { this.#models.delete(name) }

  list (): KnownModel[] { return [...this.#models.values()] }

  /** The labels that are wanted of a model, given those of its settings. */
  wantedLabels (name: string, written: ReadonlyMap<string, bigint>): Map<string, bigint> { return this.#options.labels.wanted(name, written) }

  /** Requests see the model as it was or as it is now. One that has no version left goes. */
  publish (model: KnownModel, by: string): void {
    const { registry } = this.#options
    this.putLabels(model, by)
    if (model.taken.size > 0) registry.put(model.entry())
    else {
      registry.delete(model.name)
      if (!model.required) this.#models.delete(model.name)
    }
    const [only, second] = this.#models.keys()
    if (registry.defaultModel === undefined || this.#defaultIsOurs) {
      registry.defaultModel = second === undefined ? only : undefined
      this.#defaultIsOurs = true
    }
  }

  /** Puts the labels in force that are wanted now and can be. The registry has them with the next `publish`. */
  putLabels (model: KnownModel, by: string): void {
    const { log, record, starting } = this.#options
    for (const { label, from, to } of model.label(this.wantedLabels(model.name, model.source.settings.labels))) {
      if (starting()) continue
      log.info({ model: model.name, label, from: from?.toString(), to: to?.toString(), by }, 'label moved')
      record({ what: 'label-moved', model: `${model.name}/labels/${label}`, from: from?.toString() ?? null, to: to?.toString() ?? null, by })
    }
  }

  /** Moves a label to a version that is available, at once for all requests, and keeps it. Rejects with MODEL_NOT_FOUND, MODEL_NOT_READY or DATA_DIR. */
  async moveLabel (name: string, label: string, version: bigint, by: string): Promise<{ from: bigint | undefined }> {
    const model = this.#models.get(name)
    if (model === undefined) throw new OutriggerError('MODEL_NOT_FOUND', `There is no model ${name}`, { model: name })
    const state = model.taken.get(version)?.entry.state
    if (state === undefined) throw new OutriggerError('MODEL_NOT_FOUND', `Model ${name} has no version ${version}; it has: ${[...model.taken.keys()].join(', ')}`, { model: name, version })
    if (state !== 'available') throw new OutriggerError('MODEL_NOT_READY', `Model ${name} version ${version} is not available; the label stays where it is`, { model: name, version })
    const from = model.labels.get(label)
    try {
      await this.#options.labels.move(name, label, version, model.source.settings.labels)
    } catch (cause) {
      throw new OutriggerError('DATA_DIR', `The label ${label} cannot be kept and stays where it is: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause, model: name })
    }
    this.publish(model, by)
    return { from }
  }
}
