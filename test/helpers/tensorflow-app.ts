// TensorFlow Serving's routes on an app of their own: one model `m` (versions 3 and 5, label `stable` on 3) behind a fake engine.
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import errors from '../../src/http/plugins/errors.js'
import rawBody from '../../src/http/plugins/raw-body.js'
import requestContext from '../../src/http/plugins/request-context.js'
import tensorflow from '../../src/http/routes/tensorflow/index.js'
import type { Service } from '../../src/http/service.js'
import { predict } from '../../src/inference/predict.js'
import { Registry } from '../../src/inference/registry.js'
import { readPredictRequest, writePredictResponse, type PredictRequest } from '../../src/tensor/proto/predict.js'
import type { DType } from '../../src/tensor/dtype.js'
import type { Signature, Tensors } from '../../src/tensor/tensor.js'
import { asideOf } from './aside.js'
import { fakeEngine, type FakeEngine } from './fake-engine.js'
import { modelEntry, versionEntry } from './still-engine.js'

export interface TensorflowAppOptions {
  inflateLimit?: number
  /** Inputs of the default signature by name. */
  inputs?: Record<string, DType>
  /** Answers Predict; the tensors that came, by default. */
  outputs?: (request: PredictRequest) => Tensors
  /** Answers every other call. */
  call?: (path: string, request: Uint8Array) => Promise<Buffer>
  timeoutMs?: number
}

export function signature (name: string, inputs: Record<string, DType>): Signature {
  return {
    name,
    methodName: 'tensorflow/serving/predict',
    inputs: new Map(Object.entries(inputs).map(([key, dtype]) => [key, { dtype, shape: undefined }])),
    outputs: new Map([['y', { dtype: 'DT_FLOAT', shape: undefined }]])
  }
}

export async function tensorflowApp (t: Test, options: TensorflowAppOptions = {}): Promise<{ app: FastifyInstance, engine: FakeEngine, predicted: PredictRequest[], registry: Registry }> {
  const predicted: PredictRequest[] = []
  const engine = fakeEngine({
    call: async (path, bytes) => {
      if (!path.endsWith('/Predict')) return await options.call!(path, bytes)
      const request = readPredictRequest(bytes)
      predicted.push(request)
      return writePredictResponse({ model: request.model, outputs: options.outputs?.(request) ?? request.inputs })
    }
  })
  const signatures = new Map(['serving_default', 'other'].map(name => [name, signature(name, options.inputs ?? { x: 'DT_FLOAT' })]))
  const registry = new Registry()
  registry.put(modelEntry('m', [versionEntry(engine, 'm', 5n, { signatures }), versionEntry(engine, 'm', 3n, { signatures })], { labels: new Map([['stable', 3n]]), timeoutMs: options.timeoutMs }))
  const app = Fastify({ bodyLimit: 1 << 24 })
  await app.register(requestContext, { requestTimeoutMs: () => 30_000 })
  await app.register(errors)
  await app.register(rawBody)
  const service = { registry, predict, ...asideOf(predict), log: app.log } as unknown as Service
  await app.register(tensorflow, { service, inflateLimit: options.inflateLimit ?? 1 << 20 })
  t.teardown(async () => { await app.close() })
  return { app, engine, predicted, registry }
}
