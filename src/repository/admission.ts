// How versions come: each in a transaction of its own, loaded by its engine, made ready, routed to in one step. Decides nothing about which.
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import type { VersionEntry } from '../inference/registry.js'
import { holdPins } from '../lock/pins.js'
import type { Catalogue } from './catalogue.js'
import { servableChecksum } from './checksum.js'
import type { Departure } from './departure.js'
import { seenAvailable } from './engine-list.js'
import type { Fingerprint } from './fingerprint.js'
import { makeReady, type GoLiveSteps } from './go-live.js'
import type { Scanner } from './scanner.js'
import type { TakenVersion } from './version.js'

export interface AdmissionOptions {
  readonly steps: GoLiveSteps
  readonly scanner: Scanner
  readonly catalogue: Catalogue
  readonly departure: Departure
  readonly log: Logger
  readonly record: (news: ChangeNews) => void
  /** Called when a version has gone live and is routed to, with the seconds since its load began. */
  readonly onLive: (entry: VersionEntry, seconds: number) => void
  readonly onFailed: (entry: VersionEntry) => void
  /** How long the load of a version may take, in milliseconds. */
  readonly loadWithinMs: number
  readonly ending: AbortSignal
}

export class Admission {
  readonly #options: AdmissionOptions

  constructor (options: AdmissionOptions) { this.#options = options }

  /** Takes versions in side by side, failed ones are taken off their engines again. Resolves when each is live or has failed; never rejects. */
  async admit (fresh: readonly TakenVersion[], by: string): Promise<void> {
    if (fresh.length === 0) return
    const { scanner, log, catalogue } = this.#options
    const began = performance.now()
    // The version that answered before any of these: they take its place, not one another's.
    const answering = new Map(fresh.map(({ entry }) => [entry.model, catalogue.get(entry.model)?.newest()]))
    const prints = await scanner.fingerprints(fresh.map(({ found }) => found.folder)).catch((error: unknown) => {
      log.warn({ err: error }, 'versions are loaded without a look at their files')
      return undefined
    })
    await Promise.all(fresh.map(async (taken, i) => {
      try {
        if (prints !== undefined) check(taken, prints[i])
        await this.#load(taken, answering.get(taken.entry.model))
      } catch (error) {
        await taken.entry.handler?.close().catch(() => {})
        taken.entry.handler = undefined
        this.#fail(taken, error as Error, by)
        await this.#options.departure.drop(taken.entry.engine, [taken])
        return
      }
      if (this.#options.ending.aborted) await taken.entry.handler?.close()
      else this.#goLive(taken, answering.get(taken.entry.model), (performance.now() - began) / 1000, by)
    }))
  }

  /** Everything up to the moment when it could be routed to. */
  async #load (taken: TakenVersion, answering: VersionEntry | undefined): Promise<void> {
    const { departure, catalogue, steps, scanner, loadWithinMs, ending } = this.#options
    const { entry, found, source } = taken
    taken.pins = await steps.pinsOf?.(source, found)
    const held = taken.pins === undefined ? undefined : await holdPins(found.folder, taken.pins)
    if (entry.engine.kind === 'tensorflow' && source.settings.warmup) await steps.checkWarmup?.(found)
    await departure.listOf(entry.engine).load(taken, now() + loadWithinMs, ending)
    const model = catalogue.get(entry.model)
    const own = model?.taken.get(entry.version)?.entry
    // An older version beside a newer one takes nobody's place.
    const replaced = own !== entry && own?.state === 'available' ? own : answering !== undefined && (answering.version < entry.version || model?.desired.has(answering.version) !== true) ? answering : undefined
    await makeReady(taken, replaced, steps)
    if (taken.files !== undefined) check(taken, (await scanner.fingerprints([found.folder]))[0])
    await held?.confirm()
    // Else health would doubt the new version while the old one is not asked any more.
    await seenAvailable(entry, ending)
  }

  /** Of a version that serves, and that a fresh model server may not read again: it has failed from this moment on. Another one may take its place at the next look. */
  refuse (taken: TakenVersion, error: Error, by: string): void {
    const { entry } = taken
    const model = this.#options.catalogue.get(entry.model)
    // One that is on its way in is looked at by its own transaction, one on its way out goes anyhow.
    if (entry.state !== 'available' || model?.taken.get(entry.version) !== taken) return
    this.#fail(taken, error, by)
    model.changed.delete(entry.version)
    this.#options.catalogue.publish(model, by)
    void this.#options.departure.expel(taken)
    // What lies there now is what failed: it is tried again when that changes.
    this.#options.scanner.fingerprints([taken.found.folder]).then(([print]) => { taken.files = print?.print }, () => {})
  }

  #goLive (taken: TakenVersion, answering: VersionEntry | undefined, seconds: number, by: string): void {
    const { catalogue, departure, log, record, onLive } = this.#options
    const { entry, found, because } = taken
    const version = entry.version.toString()
    const model = catalogue.get(entry.model)!
    const before = model.goLive(taken)
    const from = (before?.entry ?? answering)?.version.toString() ?? null
    if (before?.entry.state === 'available') departure.release(model, before, by)
    log.info({ model: entry.model, version, format: entry.format, engine: entry.engine.kind, handler: entry.handler !== undefined, ...latencyOf(entry), ...(because === undefined ? {} : { because }), by }, 'version is live')
    record({ what: 'version-live', model: entry.model, from, to: version, by, ...(because === undefined ? {} : { reason: because }) })
    departure.settle(model, by, false)
    onLive(entry, seconds)
    servableChecksum(found.folder).then(sum => { entry.checksum = sum }, (error: unknown) => log.warn({ error, model: entry.model, version }, 'checksum could not be computed'))
  }

  #fail ({ entry }: TakenVersion, error: Error, by: string): void {
    const { catalogue, log, record, onFailed } = this.#options
    entry.state = 'failed'
    entry.reason = error.message
    const serving = catalogue.get(entry.model)?.newest()?.version.toString() ?? null
    log.error({ model: entry.model, version: entry.version.toString(), code: error instanceof OutriggerError ? error.code : undefined, reason: error.message, serving, error: error instanceof OutriggerError ? error.cause : error }, 'version cannot be served')
    onFailed(entry)
    record({ what: 'version-failed', model: entry.model, from: serving, to: entry.version.toString(), by, reason: error.message })
  }
}

/** For the log. */
const latencyOf = ({ latency }: VersionEntry): object => latency === undefined ? {} : { firstRequestMs: Math.round(latency.firstMs), ...(latency.warmMs === undefined ? {} : { warmRequestMs: Math.round(latency.warmMs * 10) / 10 }), askedBy: latency.by }

/** Notes what the version's files look like, and throws MODEL_INCOMPLETE when they are not there, not the ones that were noted before, or none that can be read. */
function check (taken: TakenVersion, print: Fingerprint | undefined): void {
  const refuse = (why: string): never => { throw new OutriggerError('MODEL_INCOMPLETE', why, { model: taken.entry.model, version: taken.entry.version }) }
  if (print === undefined) return refuse(`its folder ${taken.found.folder} is gone`)
  if (taken.files !== undefined && taken.files !== print.print) return refuse('its files changed while it was loaded')
  taken.files = print.print
  if (print.odd !== undefined) refuse(`it cannot be read whole: ${print.odd}`)
}
