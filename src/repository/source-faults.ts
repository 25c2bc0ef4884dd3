// What of the source could not be served at the last look. Each fault is logged once.
import type { Logger } from 'pino'
import type { ModelFault } from './scan.js'

/** The name under which the faults of the source itself are told. */
const wholeRepository = 'repository'

const isOfSource = ({ model }: ModelFault): boolean => model === wholeRepository
const sameText = ({ model, reason }: ModelFault): string => `${model}\n${reason}`

export class SourceFaults {
  readonly #log: Logger
  #faults: readonly ModelFault[] = []

  constructor (log: Logger) { this.#log = log }

  list (): readonly ModelFault[] { return this.#faults }

  /** Takes over the faults of a look, and tells those that are new. */
  found (faults: readonly ModelFault[]): void {
    const known = new Set(this.#faults.map(sameText))
    for (const fault of faults) if (!known.has(sameText(fault))) this.#log.error(fault, isOfSource(fault) ? 'the repository cannot be read; what is loaded serves on' : 'model cannot be served')
    if (this.#faults.some(isOfSource) && !faults.some(isOfSource)) this.#log.info('the repository can be read again')
    this.#faults = faults
  }

  /** There was no look: what is known of the models stays as it is. */
  unreadable (reason: string): void {
    this.found([...this.#faults.filter(fault => !isOfSource(fault)), { model: wholeRepository, required: false, reason }])
  }
}
