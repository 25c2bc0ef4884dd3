// An engine without a child: answers calls by a function, and has what is pushed to it AVAILABLE at once (or as told).
import type { Engine, EngineCallOptions, EngineReport, ServableList, ServableStatus } from '../../src/engine/engine.js'

export interface FakeEngineOptions {
  kind?: Engine['kind']
  call?: (path: string, request: Uint8Array, options: EngineCallOptions) => Promise<Buffer>
  /** Status of a pushed servable; AVAILABLE by default, undefined for absent. */
  statusOf?: (model: string, version: bigint) => Omit<ServableStatus, 'version'> | undefined
  push?: (models: readonly ServableList[]) => Promise<void>
  report?: Partial<EngineReport>
  /** 1 by default. */
  pushesAtOnce?: number
}

export interface FakeEngine extends Engine {
  readonly pushed: (readonly ServableList[])[]
  readonly calls: { path: string, request: Uint8Array, options: EngineCallOptions }[]
}

export function fakeEngine (options: FakeEngineOptions = {}): FakeEngine {
  const pushed: (readonly ServableList[])[] = []
  const calls: FakeEngine['calls'] = []
  const available = { state: 'AVAILABLE', errorCode: 0, errorMessage: '' } as const
  const statuses = (model: string): ServableStatus[] => (pushed.at(-1)?.find(({ name }) => name === model)?.versions ?? []).flatMap(version => {
    const status = options.statusOf === undefined ? available : options.statusOf(model, version)
    return status === undefined ? [] : [{ version, ...status }]
  })
  return {
    kind: options.kind ?? 'embedded',
    pushesAtOnce: options.pushesAtOnce ?? 1,
    pushed,
    calls,
    start: async () => {},
    stop: async () => {},
    call: async (path, given, callOptions) => {
      const request = given instanceof Uint8Array ? given : given.write()
      calls.push({ path, request, options: callOptions })
      if (options.call === undefined) throw new Error('this fake engine answers no calls')
      return await options.call(path, request, callOptions)
    },
    push: async models => { pushed.push(models); await options.push?.(models) },
    replace: async () => {},
    programChanged: () => false,
    statuses: async model => statuses(model),
    lastStatuses: () => new Map((pushed.at(-1) ?? []).map(({ name }) => [name, statuses(name)])),
    report: () => ({ kind: options.kind ?? 'embedded', state: 'running', pid: undefined, restarts: 0, since: 0, reason: undefined, rssBytes: undefined, memoryBudgetBytes: undefined, replacements: { completed: 0, failed: 0, failure: undefined }, ...options.report }),
    on: () => {}
  }
}
