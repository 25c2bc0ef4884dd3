// A model server in memory for the tests of batching: what it was asked, when it answers, and a version in front of it.
import { pino } from 'pino'
import { BatchingStates } from '../../src/inference/batching-states.js'
import { Batcher, type BatcherOptions } from '../../src/inference/batcher.js'
import type { BatchSettings } from '../../src/inference/batch-settings.js'
import type { VersionEntry } from '../../src/inference/registry.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Signature, Tensor, TensorInfo, Tensors } from '../../src/tensor/tensor.js'
import { versionEntry } from '../helpers/entry.js'
import { fakeEngine } from '../helpers/fake-engine.js'

export const floats = (shape: readonly number[], ...values: number[]): Tensor => ({ dtype: 'DT_FLOAT', shape, data: Float32Array.from(values) })
export const rows = (...values: number[]): Tensors => ({ x: floats([values.length], ...values) })
export const valuesOf = ({ y }: Tensors): number[] => [...y!.data as Float32Array]

const info = (shape: readonly number[] | undefined): TensorInfo => ({ dtype: 'DT_FLOAT', shape })

export const signatureOf = (inputs: Record<string, readonly number[] | undefined> = { x: [-1] }, outputs: Record<string, readonly number[] | undefined> = { y: [-1] }, name = 'serving_default'): Signature => ({
  name,
  methodName: 'tensorflow/serving/predict',
  inputs: new Map(Object.entries(inputs).map(([key, shape]) => [key, info(shape)])),
  outputs: new Map(Object.entries(outputs).map(([key, shape]) => [key, info(shape)]))
})

/** Row by row, y = x + 1. */
export const addOne = ({ x }: Tensors): Tensors => ({ y: { ...x!, data: (x!.data as Float32Array).map(value => value + 1) } })

export interface Server {
  readonly entry: VersionEntry
  /** The values of every request, in the order of the calls. */
  readonly asked: number[][]
  /** Options of every call. */
  readonly options: { deadline: number, resend: boolean, again?: boolean, signal?: AbortSignal | undefined, metadata?: unknown }[]
  /** Answers the oldest call that waits. */
  readonly answer: () => void
  /** Whether calls wait for `answer`. */
  held: boolean
}

/** The model is a function of tensors; what it throws the call rejects with. */
export function server (model: (inputs: Tensors, call: number) => Tensors = addOne, parts: Partial<VersionEntry> = {}): Server {
  const asked: number[][] = []
  const waiting: (() => void)[] = []
  const engine = fakeEngine({
    call: async (_path, bytes) => {
      const { inputs, model: spec } = readPredictRequest(bytes)
      const call = asked.push([...Object.values(inputs)[0]!.data as Float32Array]) - 1
      if (self.held) await new Promise<void>(resolve => { waiting.push(resolve) })
      return writePredictResponse({ model: spec, outputs: model(inputs, call) })
    }
  })
  const self: Server = {
    entry: versionEntry({ engine, signatures: new Map([['serving_default', signatureOf()]]), ...parts }),
    asked,
    get options () { return engine.calls.map(({ options }) => options) },
    answer: () => { waiting.shift()!() },
    held: false
  }
  return self
}

export interface Batching { readonly batcher: Batcher, readonly states: BatchingStates, readonly measured: unknown[][], readonly lines: Record<string, unknown>[], settings: BatchSettings }

/** A batcher with its states; `settings` may be changed. */
export function batching (options: Partial<BatcherOptions> = {}): Batching {
  const measured: unknown[][] = []
  const lines: Record<string, unknown>[] = []
  const self = { settings: { enabled: true, inFlight: 2, maxRows: 128, maxBytes: 1 << 20 }, measured, lines } as unknown as { -readonly [K in keyof Batching]: Batching[K] }
  const log = pino({}, { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>) } })
  self.states = new BatchingStates({ settingsOf: () => self.settings, log })
  self.batcher = new Batcher({
    settingsOf: () => self.settings,
    states: self.states,
    metrics: {
      stage: () => {},
      batch: (...sample) => { measured.push(['batch', ...sample]) },
      batchApart: (...sample) => { measured.push(['apart', ...sample]) },
      batchDropped: (...sample) => { measured.push(['dropped', ...sample]) }
    },
    ...options
  })
  return self
}

export const stateless = { changesState: () => undefined, recorded: [], askNow: true }

/** A batcher that has proven the version; what the server was asked for the proof is forgotten. */
export async function proven (from: Server, options: Partial<BatcherOptions> = {}): Promise<Batching> {
  const made = batching(options)
  await made.states.consider(from.entry, stateless)
  from.asked.length = 0
  ;(from.entry.engine as ReturnType<typeof fakeEngine>).calls.length = 0
  return made
}

/** Turns of the event loop: after two everything that was to be sent at once is sent. */
export const turns = async (count = 2): Promise<void> => { for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve)) }
