// Runs a version's handler on the main thread, for short and trusted ones (`isolate: false`). A time limit ends the waiting here, not the handler's work.
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import type { Tensors } from '../tensor/tensor.js'
import type { LoopWatchdog } from './loop-watchdog.js'
import { describeThrown, fromFault, toFault, type Stage } from './fault.js'
import { Runtime, type Host, type RuntimeCall } from './runtime.js'
import type { Prepared, Runner, RunnerOptions, StageCall } from './runner.js'
import type { HandlerAnswer, HandlerRequest, PredictModel } from './version-handler.js'

/** `watchdog` is told whenever a handler begins to run, so that it can name the one that blocked the main loop. */
export function inlineRunner ({ settings, log, timeoutMs, loadWithinMs }: RunnerOptions, watchdog: Pick<LoopWatchdog, 'enter'>): Runner {
  const { model, version } = settings
  const label = `model ${model} version ${version}`
  let runtime: Runtime | undefined
  let calls = 0
  const running = new Map<string, { predictModel: PredictModel, deadline: number, signal: AbortSignal }>()
  const host: Host = {
    log: (level, message, fields) => log[level](fields, message),
    predict: async (id, name, tensors) => {
      const call = running.get(id)
      if (call === undefined) throw new OutriggerError('REQUEST_CANCELLED', 'The request has ended', { model, version })
      return await call.predictModel(name, tensors, call)
    }
  }

  async function limited<T> (stage: Stage, limitMs: number, outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    let onCancel: (() => void) | undefined
    const stopped = new Promise<never>((_resolve, reject) => {
      const stop = (code: 'HANDLER_TIMEOUT' | 'REQUEST_CANCELLED', what: string) => (): void => {
        reject(new OutriggerError(code, `The handler of model ${model} version ${version} ${what}`, { model, version }))
        controller.abort()
      }
      timer = setTimeout(stop('HANDLER_TIMEOUT', `took longer than ${Math.max(0, Math.round(limitMs))} ms in ${stage}`), Math.max(0, limitMs))
      onCancel = stop('REQUEST_CANCELLED', `was stopped in ${stage}: the caller left`)
      outer?.addEventListener('abort', onCancel, { once: true })
    })
    try {
      const worked = work(controller.signal).catch((thrown: unknown) => { throw fromFault(toFault(thrown, stage, settings), settings) })
      return await Promise.race([worked, stopped])
    } finally {
      clearTimeout(timer)
      if (onCancel !== undefined) outer?.removeEventListener('abort', onCancel)
    }
  }

  async function stage<T> (name: Stage, call: StageCall, carry: Record<string, unknown>, work: (runtime: Runtime, call: RuntimeCall) => Promise<T>): Promise<T> {
    const id = String(calls++)
    return await limited(name, Math.min(timeoutMs(), call.deadline - now()), call.signal, async signal => {
      watchdog.enter(label)
      running.set(id, { predictModel: call.predictModel, deadline: call.deadline, signal })
      try {
        return await work(runtime!, { id, requestId: call.requestId, signature: call.signature, carry, signal })
      } finally {
        running.delete(id)
      }
    })
  }

  return {
    load: async () => {
      watchdog.enter(label)
      runtime = await limited('load', loadWithinMs, undefined, async signal => await Runtime.start(settings, host, signal))
      return runtime.description
    },
    preprocess: async (call: StageCall, request: HandlerRequest): Promise<Prepared> => {
      const carry: Record<string, unknown> = {}
      const tensors = await stage('preprocess', call, carry, async (handler, inner) => await handler.preprocess(inner, request))
      return { tensors, carry }
    },
    postprocess: async (call: StageCall, outputs: Tensors, carry: Record<string, unknown>): Promise<HandlerAnswer> => await stage('postprocess', call, carry, async (handler, inner) => await handler.postprocess(inner, outputs)),
    close: async () => {
      try {
        await runtime?.dispose()
      } catch (error) {
        log.error({ detail: describeThrown(error) }, 'handler failed in dispose')
      }
      runtime = undefined
    }
  }
}
