// Helpers for the tests of handlers: writes a handler into a folder outside the checkout, loads it, calls it. No tests here.
import { mkdtempSync, rmSync, writeFileSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import type { Test } from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { loadHandler, type LoadHandlerOptions } from '../../src/handlers/load.js'
import type { HandlerCall, VersionHandler } from '../../src/handlers/version-handler.js'
import type { DType } from '../../src/tensor/dtype.js'
import type { Signature, Tensors } from '../../src/tensor/tensor.js'

type Shapes = Record<string, readonly [DType, readonly number[]]>

export function signature (inputs: Shapes, outputs: Shapes, name = 'serving_default'): Signature {
  const infos = (shapes: Shapes) => new Map(Object.entries(shapes).map(([key, [dtype, shape]]) => [key, { dtype, shape }]))
  return { name, methodName: 'tensorflow/serving/predict', inputs: infos(inputs), outputs: infos(outputs) }
}

/** x: float32 [n, 2] → y: float32 [n, 1]. */
export const twoToOne = signature({ x: ['DT_FLOAT', [-1, 2]] }, { y: ['DT_FLOAT', [-1, 1]] })

/** The model that stands behind it in these tests: the sum of each row. */
export const sumRows = async (inputs: Tensors): Promise<Tensors> => {
  const { shape, data } = inputs.x!
  const rows = shape[0]!
  return { y: { dtype: 'DT_FLOAT', shape: [rows, 1], data: Float32Array.from({ length: rows }, (_, i) => Number(data[2 * i]) + Number(data[2 * i + 1])) } }
}

/** Files by relative path in a fresh folder outside the checkout, removed after the test. */
export function folderWith (t: Test, files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'outrigger-handler-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** A logger whose lines can be read. */
export function memoryLog (): { log: Logger, lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => { lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>); done() } })
  return { log: pino({ level: 'debug' }, stream), lines }
}

export interface Loaded { handler: VersionHandler, lines: Record<string, unknown>[], folder: string }

export async function loadFrom (t: Test, files: Record<string, string>, options: Partial<LoadHandlerOptions> = {}): Promise<Loaded> {
  const folder = folderWith(t, files)
  const { log, lines } = memoryLog()
  const handler = await loadHandler({
    file: join(folder, 'handler.ts'), folder, model: 'm', version: 7n, signatures: new Map([['serving_default', twoToOne]]), log, execArgv: ['--import', new URL('strip-loader.mjs', import.meta.url).href], ...options
  })
  t.teardown(async () => await handler.close())
  return { handler, lines, folder }
}

export function callOf (body: unknown, more: Partial<HandlerCall> = {}): HandlerCall {
  return {
    request: { mediaType: 'application/json', body: Buffer.from(JSON.stringify(body)) },
    signature: '',
    requestId: 'r1',
    deadline: Date.now() + 30_000,
    signal: new AbortController().signal,
    predict: sumRows,
    predictModel: async () => { throw new Error('no other model here') },
    stage: async (_stage, work) => await work(),
    ...more
  }
}

export async function answer (handler: VersionHandler, body: unknown, more: Partial<HandlerCall> = {}): Promise<unknown> {
  const { body: bytes } = await handler.evaluate(callOf(body, more))
  return JSON.parse(Buffer.from(bytes).toString())
}

/** The line that fits, when it comes: log lines of a thread keep no order with its answers. */
export async function lineOf (lines: readonly Record<string, unknown>[], fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const line = lines.find(fits)
    if (line !== undefined) return line
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error('the line never came')
}

/** The error that a call ends with. */
export async function failure (promise: Promise<unknown>): Promise<OutriggerError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof OutriggerError) return error
    throw error
  }
  throw new Error('it did not fail')
}
