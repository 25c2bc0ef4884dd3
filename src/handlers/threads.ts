// Runs a version's handler in worker threads. Knows no HTTP.
import { randomUUID } from 'node:crypto'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import type { Tensors } from '../tensor/tensor.js'
import { fromFault } from './fault.js'
import { ownBytes, packTensors, unpackTensors, type CallHead, type Done, type Task } from './messages.js'
import { HandlerPool, type PoolOptions } from './pool.js'
import type { Prepared, Runner, StageCall } from './runner.js'
import type { HandlerAnswer, HandlerRequest } from './version-handler.js'

/** A runner whose handler cannot block this thread: a pool of its own for this version. */
export function threadRunner (options: PoolOptions): Runner & { readonly pool: HandlerPool } {
  const { settings } = options
  const pool = new HandlerPool(options)

  async function run<K extends Done['kind']> (id: string, kind: K, task: Task, moved: ArrayBuffer[], call: Partial<StageCall> & { deadline: number }): Promise<Extract<Done, { kind: K }>> {
    const done = await pool.run(id, task, moved, { deadline: call.deadline, signal: call.signal, predictModel: call.predictModel })
    if (done.kind === 'fault') throw fromFault(done.fault, settings)
    if (done.kind !== kind) throw new OutriggerError('INTERNAL', `The handler's thread answered ${done.kind} to ${task.kind}`)
    return done as Extract<Done, { kind: K }>
  }

  const head = ({ requestId, signature }: StageCall): CallHead => ({ id: randomUUID(), requestId, signature })

  return {
    pool,
    load: async () => {
      const id = randomUUID()
      return (await run(id, 'loaded', { kind: 'load', id }, [], { deadline: now() + options.loadWithinMs + 10_000 })).description
    },
    preprocess: async (call: StageCall, { mediaType, body, parts }: HandlerRequest): Promise<Prepared> => {
      const moved: ArrayBuffer[] = []
      const own = parts?.map(part => ({ ...part, data: ownBytes(part.data, moved) }))
      const one = head(call)
      const { tensors, carry } = await run(one.id, 'inputs', { kind: 'preprocess', call: one, mediaType, body: ownBytes(body, moved), parts: own }, moved, call)
      return { tensors: unpackTensors(tensors), carry }
    },
    postprocess: async (call: StageCall, outputs: Tensors, carry: Record<string, unknown>): Promise<HandlerAnswer> => {
      const moved: ArrayBuffer[] = []
      const one = head(call)
      return (await run(one.id, 'answer', { kind: 'postprocess', call: one, outputs: packTensors(outputs, moved), carry }, moved, call)).answer
    },
    close: async () => await pool.close()
  }
}
