// The lists that an engine is told to serve: sent in their order, again to a fresh server, and what of them such a server is given first. Starts no server.
import { now } from '../clock.js'
import { CallError } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import { OutriggerError } from '../errors.js'
import type { Recheck, ServableList, ServableStatus, Unfit } from './engine.js'
import { Gate } from './gate.js'
import type { Generation } from './generation.js'
import { checkServables, pushable } from './push.js'
import { recheckAll, without, type Rechecked } from './recheck.js'
import { isUnanswered } from './reload.js'

/** All that a push needs of a server. */
type Server = Pick<Generation, 'reload'>

export interface PushesOptions<S extends Server> {
  /** So many run at a time; one more waits until one of them has ended. */
  atOnce: number
  /** The server that serves now, or the next one. */
  served: (deadline: number) => Promise<S>
  /** See Generation.fate. */
  fate: (server: S) => Promise<'alive' | 'ended'>
  /** Called when a server has answered one. */
  onAnswer: () => void
  /** Asked for every version that was served before, when another server is to read it. */
  recheck?: Recheck | undefined
  /** Told of a version that no server is given any more. */
  onUnfit?: (unfit: Unfit) => void
  /** By default push.ts. */
  check?: (models: readonly ServableList[]) => Promise<void>
}

interface Push {
  readonly number: number
  readonly models: readonly ServableList[]
  /** Resolves when it has its outcome. */
  readonly ended: Promise<void>
}

const keyOf = ({ name, basePath }: ServableList, version: bigint): string => `${name}\n${basePath}\n${version}`
const keysOf = (models: readonly ServableList[]): string[] => models.flatMap(model => model.versions.map(version => keyOf(model, version)))

export class Pushes<S extends Server = Generation> {
  readonly #options: PushesOptions<S>
  readonly #places: Gate
  /** Those with a place and without an outcome, oldest first. */
  readonly #underWay: Push[] = []
  #count = 0
  /** The newest that a server answered or, when its answer was not waited for any longer, is still at. */
  #told: Omit<Push, 'ended'> = { number: 0, models: [] }
  /** Versions that a server has answered for or was seen to serve: they kill none. */
  #proven: ReadonlySet<string> = new Set()
  #restorable: readonly ServableList[] = []
  /** What each server was given. */
  readonly #given = new WeakMap<S, Set<string>>()
  /** Names with versions that are not what they were. Nothing else ever comes under the same: see EngineList. */
  readonly #refused = new Set<string>()
  /** Resolves when the last one that has a place was sent. */
  #sent: Promise<unknown> = Promise.resolve()

  constructor (options: PushesOptions<S>) {
    this.#options = options
    this.#places = new Gate({ maxInFlight: options.atOnce })
    this.#places.open()
  }

  get underWay (): boolean { return this.#underWay.length > 0 }

  /** The newest list, answered or not: the models to ask for their states. */
  get wanted (): readonly ServableList[] {
    const last = this.#underWay.at(-1)
    return last !== undefined && last.number > this.#told.number ? last.models : this.#told.models
  }

  /**
   * What a fresh server is given: of the newest list all that a server has answered for, or was seen to serve. The same array until that changes.
   * The rest of a list is not in it, because it may be what killed the last server.
   */
  get restorable (): readonly ServableList[] { return this.#restorable }

  /** See Engine.push. Sent twice at most. */
  async push (models: readonly ServableList[], deadline: number): Promise<void> {
    const leave = await this.#places.enter(0, deadline)
    let end = (): void => {}
    const push: Push = { number: ++this.#count, models, ended: new Promise(resolve => { end = resolve }) }
    this.#underWay.push(push)
    this.#update()
    try {
      await this.#deliver(push, deadline)
      this.#options.onAnswer()
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(push), 1)
      this.#update()
      end()
      leave()
    }
  }

  /** No push runs from when it resolves until the returned function is called. Rejects as a gate does. One at a time. */
  async hold (deadline: number, signal: AbortSignal): Promise<() => void> {
    const entered = await Promise.allSettled(Array.from({ length: this.#options.atOnce }, async () => await this.#places.enter(0, deadline, signal)))
    const leave = (): void => { for (const one of entered) if (one.status === 'fulfilled') one.value() }
    const refused = entered.find(one => one.status === 'rejected')
    if (refused === undefined) return leave
    leave()
    throw refused.reason
  }

  /** Takes note of what the server that serves was seen to have. */
  see (statuses: ReadonlyMap<string, readonly ServableStatus[]>): void {
    const before = new Map(this.#told.models.map(({ name, basePath }) => [name, basePath]))
    const seen = [this.#told, ...this.#underWay].flatMap(({ models }) => models.flatMap(model => {
      // Of a model that moves to another folder nobody knows which of the two is seen.
      if ((before.get(model.name) ?? model.basePath) !== model.basePath) return []
      const available = new Set(statuses.get(model.name)?.filter(({ state }) => state === 'AVAILABLE').map(({ version }) => version))
      return model.versions.filter(version => available.has(version)).map(version => keyOf(model, version))
    })).filter(key => !this.#proven.has(key))
    if (seen.length > 0) this.#update(seen)
  }

  /** Has a fresh server serve what is restorable and still is what it was, before anybody calls it. Rejects as the server does. */
  async restore (server: S & Pick<Generation, 'fill'>, withinMs: number): Promise<void> {
    const { fit, unfit, touched } = await this.recheck(server, this.#restorable, withinMs)
    this.#refuse(unfit)
    await server.fill(fit)
    const late = await touched()
    if (late.length === 0) return
    this.#refuse(late)
    await server.reload(await pushable(this.#allowed(fit)), now() + withinMs)
  }

  /** Looks at what of the list was served before and this server does not have; the server counts as given what fits. */
  async recheck (server: S, models: readonly ServableList[], withinMs: number): Promise<Rechecked> {
    const { recheck } = this.#options
    if (recheck === undefined) return { fit: models, unfit: [], away: [], touched: async () => [] }
    const given = this.#given.get(server) ?? new Set()
    this.#given.set(server, given)
    const found = await recheckAll(models, recheck, (model, version) => {
      const key = keyOf(model, version)
      return this.#proven.has(key) && !given.has(key)
    }, withinMs)
    for (const key of keysOf(found.fit)) given.add(key)
    return found
  }

  /** Refuses all that waits and all that comes. */
  shut (error: () => OutriggerError): void { this.#places.shut(error) }

  async #deliver (push: Push, deadline: number): Promise<void> {
    for (let last = false; ; last = true) {
      const { server, answer, touched } = await this.#send(push, deadline)
      try {
        await answer
        this.#refuse(await touched())
        this.#tell(push)
        this.#update(keysOf(push.models))
        return
      } catch (error) {
        if (!(error instanceof CallError)) throw new OutriggerError('MODEL_ANSWER_INVALID', 'The answer of the model server to a reload cannot be read', { cause: error })
        if (isUnanswered(error)) this.#tell(push)
        if (error.origin !== 'transport') throw errorOfCall(error)
        const fate = await this.#options.fate(server)
        if (last) throw fate === 'ended' ? new OutriggerError('MODEL_SERVER_CRASHED', 'The model server died twice while it loaded these models', { cause: error }) : errorOfCall(error)
        if (await this.#isOvertaken(push)) return
      }
    }
  }

  /** Sends it after all that came before; it is held against the disk at the last moment. */
  async #send ({ models }: Push, deadline: number): Promise<{ server: S, answer: Promise<void>, touched: Rechecked['touched'] }> {
    const { served, check = checkServables } = this.#options
    const server = await served(deadline)
    const sent = this.#sent.then(async () => {
      const { fit, unfit, touched } = await this.recheck(server, this.#allowed(models), deadline - now())
      this.#refuse(unfit)
      await check(fit)
      return { server, touched, answer: server.reload(fit, deadline) }
    })
    this.#sent = sent.catch(() => {})
    return await sent
  }

  /** Whether a later list took the place of this one, which must then not be sent any more. Waits for those that are under way: this one goes again only when they all failed. */
  async #isOvertaken ({ number }: Push): Promise<boolean> {
    for (let newest = this.#underWay.at(-1); newest !== undefined && newest.number > number; newest = this.#underWay.at(-1)) await newest.ended
    return this.#told.number > number
  }

  #allowed (models: readonly ServableList[]): readonly ServableList[] {
    return this.#refused.size === 0 ? models : without(models, (name, version) => this.#refused.has(`${name}\n${version}`))
  }

  #refuse (unfit: readonly Unfit[]): void {
    for (const one of unfit) this.#refused.add(`${one.name}\n${one.version}`)
    if (unfit.length > 0) this.#update()
    for (const one of unfit) this.#options.onUnfit?.(one)
  }

  #tell (push: Push): void { if (push.number > this.#told.number) this.#told = push }

  #update (proven: readonly string[] = []): void {
    const listed = new Set([this.#told, ...this.#underWay].flatMap(({ models }) => keysOf(models)))
    this.#proven = new Set([...this.#proven, ...proven].filter(key => listed.has(key)))
    const restorable = this.#allowed(this.wanted)
      .map(model => ({ ...model, versions: model.versions.filter(version => this.#proven.has(keyOf(model, version))) }))
      .filter(({ versions }) => versions.length > 0)
    if (keysOf(restorable).join() !== keysOf(this.#restorable).join()) this.#restorable = restorable
  }
}
