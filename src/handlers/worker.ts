// The program of a handler's worker thread: loads the handler, runs one task at a time, tells the pool when it begins. Started by pool.ts through Piscina.
import { MessageChannel, parentPort, workerData } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { isTensor } from '../tensor/evaluate/json.js'
import type { Tensors } from '../tensor/tensor.js'
import { ReturnFault } from './convert.js'
import { describeThrown, fromFault, toFault, type Stage } from './fault.js'
import { packTensors, unpackTensors, type CallHead, type Done, type FromWorker, type Task, type ToWorker, type WorkerSettings } from './messages.js'
import { Runtime, type Host, type RuntimeCall } from './runtime.js'

const settings = workerData as WorkerSettings
const { port1: port, port2: poolPort } = new MessageChannel()
parentPort!.postMessage({ kind: 'hello', port: poolPort }, [poolPort])

const send = (message: FromWorker, moved: ArrayBuffer[] = []): void => port.postMessage(message, moved)

let nonce = 0
const waiting = new Map<number, { resolve (outputs: Tensors): void, reject (error: Error): void }>()
const running = new Map<string, AbortController>()
/** Tasks that were given up before they came: the two ways of messages keep no order between them. Only the last few can matter. */
const givenUp = new Set<string>()
const rememberedIds = 100

function abort (id: string): void {
  const controller = running.get(id)
  if (controller !== undefined) return controller.abort()
  givenUp.add(id)
  if (givenUp.size > rememberedIds) givenUp.delete(givenUp.values().next().value!)
}

/** Fields that cannot be cloned are told as texts. */
function cloneable (fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => {
    if (value instanceof Error) return [key, describeThrown(value)]
    try {
      return [key, structuredClone(value)]
    } catch {
      return [key, describeThrown(value)]
    }
  }))
}

const host: Host = {
  log: (level, message, fields) => send({ kind: 'log', level, message, fields: cloneable(fields) }),
  predict: async (id, model, tensors) => {
    for (const [name, tensor] of Object.entries(tensors)) if (!isTensor(tensor)) throw new ReturnFault(`models.predict takes tensors, and ${name} is none; make it with tensor(dtype, shape, data)`)
    const moved: ArrayBuffer[] = []
    const mine = nonce++
    return await new Promise((resolve, reject) => {
      waiting.set(mine, { resolve, reject })
      send({ kind: 'predict', id, nonce: mine, model, tensors: packTensors(tensors, moved) }, moved)
    })
  }
}

/** What a handler prints comes out as log lines, whole lines at a time, instead of breaking the service's own. */
function captureOutput (stream: NodeJS.WriteStream, level: 'info' | 'warn'): void {
  let rest = ''
  stream.write = ((chunk: string | Uint8Array, ...more: unknown[]): boolean => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n')
    rest = lines.pop()!.slice(-10_000)
    for (const line of lines) if (line !== '') host.log(level, line, { printed: true })
    const done = more.at(-1)
    if (typeof done === 'function') (done as () => void)()
    return true
  }) as typeof stream.write
}
captureOutput(process.stdout, 'info')
captureOutput(process.stderr, 'warn')

let starting: Promise<Runtime> | undefined

/** The handler is loaded with the first task and not when the thread starts: a thread that is only kept ready cannot fail, and so cannot fail again and again. */
function loaded (): Promise<Runtime> {
  starting ??= Runtime.start(settings, host, new AbortController().signal)
  return starting
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'abort') return abort(message.id)
  if (message.kind === 'predicted') {
    const wait = waiting.get(message.nonce)
    waiting.delete(message.nonce)
    if (message.fault !== undefined) return wait?.reject(fromFault(message.fault, settings))
    return wait?.resolve(unpackTensors(message.outputs!))
  }
  // A handler that was never loaded, or could not be, has nothing to dispose of.
  Promise.resolve(starting).catch(() => undefined).then(async runtime => await runtime?.dispose()).then(() => send({ kind: 'disposed', detail: undefined }), (error: unknown) => send({ kind: 'disposed', detail: describeThrown(error) }))
})

async function inCall (head: CallHead, carry: Record<string, unknown>, work: (call: RuntimeCall) => Promise<Done>): Promise<Done> {
  const controller = new AbortController()
  running.set(head.id, controller)
  if (givenUp.delete(head.id)) controller.abort()
  try {
    return await work({ ...head, carry, signal: controller.signal })
  } finally {
    running.delete(head.id)
    controller.abort()
  }
}

async function run (task: Task, moved: ArrayBuffer[]): Promise<Done> {
  const runtime = await loaded()
  if (task.kind === 'load') return { kind: 'loaded', description: runtime.description }
  send({ kind: 'begin', id: task.call.id, stage: task.kind })
  if (task.kind === 'preprocess') {
    return await inCall(task.call, {}, async call => {
      const tensors = await runtime.preprocess(call, { mediaType: task.mediaType, body: task.body, ...(task.parts === undefined ? {} : { parts: task.parts }) })
      try {
        return { kind: 'inputs', tensors: packTensors(tensors, moved), carry: structuredClone(call.carry) }
      } catch {
        throw new ReturnFault('preprocess left something in context.carry that is no plain data')
      }
    })
  }
  return await inCall(task.call, task.carry, async call => {
    const { mediaType, body } = await runtime.postprocess(call, unpackTensors(task.outputs))
    const own = new Uint8Array(body)
    moved.push(own.buffer)
    return { kind: 'answer', answer: { mediaType, body: own } }
  })
}

/** Runs a task; never throws. */
export default async function work (task: Task): Promise<Done> {
  const moved: ArrayBuffer[] = []
  let done: Done
  try {
    done = await run(task, moved)
  } catch (thrown) {
    moved.length = 0
    const stage: Stage = await loaded().then(() => task.kind, () => 'load')
    done = { kind: 'fault', fault: toFault(thrown, stage, settings) }
  }
  return move({ [transferableSymbol]: moved, [valueSymbol]: done } as never) as unknown as Done
}
