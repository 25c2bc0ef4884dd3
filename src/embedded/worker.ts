// Entry of a servable's worker thread: loads one version, then answers calls one after the other. Knows no gRPC.
import { parentPort, workerData } from 'node:worker_threads'
import { classify } from './classify.js'
import { formatOf } from './formats/index.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { predict } from './predict.js'
import { regress } from './regress.js'
import { CANCELLED, INTERNAL } from './status.js'
import { warmUp } from './warm-up.js'
import { movable } from '../movable.js'
import type { CallMethod, CallOutcome, CallRequest, LoadOutcome, WorkerSetup } from './worker-messages.js'

const port = parentPort!
const { folder, version, warmupIterations, takenBack } = workerData as WorkerSetup

const statusOf = (error: unknown): { status: number, message: string } => error instanceof ModelError
  ? { status: error.status, message: error.message }
  : { status: INTERNAL, message: error instanceof Error ? error.message : String(error) }

const methods: Readonly<Record<CallMethod, (model: LoadedModel, request: Uint8Array) => Uint8Array>> = {
  predict: (model, request) => predict(model, version, request),
  classify: (model, request) => classify(model, version, request),
  regress: (model, request) => regress(model, version, request)
}

function answer (model: LoadedModel, { id, method, request }: CallRequest): void {
  const begun = performance.now()
  let outcome: CallOutcome
  let transfer: ArrayBuffer[] = []
  try {
    if (Atomics.load(takenBack, id % takenBack.length) !== 0) throw new ModelError(CANCELLED, 'The caller left')
    const [response, moved] = movable(methods[method](model, request))
    outcome = { id, ms: performance.now() - begun, response }
    transfer = moved
  } catch (error) {
    outcome = { id, ms: performance.now() - begun, ...statusOf(error) }
  }
  port.postMessage(outcome, transfer)
}

async function load (): Promise<LoadOutcome> {
  try {
    const format = await formatOf(folder)
    const model = await format.load(folder)
    const begun = performance.now()
    const records = warmupIterations === 0 ? 0 : await warmUp(model, version, folder, warmupIterations)
    port.on('message', (call: CallRequest) => answer(model, call))
    return { loaded: true, format: format.name, signatureDefMap: model.signatureDefMap, warmup: { records, milliseconds: performance.now() - begun } }
  } catch (error) {
    return { loaded: false, ...statusOf(error) }
  }
}

port.postMessage(await load())
