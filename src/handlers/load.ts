// Loads the handler of a version and makes it what the rest of the service calls: preprocess, the model, postprocess. The folder's table of contents is handler.ts for authors and this file for the service.
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import type { Pins } from '../lock/pins.js'
import type { Signature, Tensors } from '../tensor/tensor.js'
import { inlineRunner } from './inline.js'
import type { LoopWatchdog } from './loop-watchdog.js'
import { chooseSignature, isOneInstance, plainAnswer } from './plain.js'
import { decodeBody, plainMediaTypes } from './plain-bodies.js'
import type { Runner, RunnerOptions, StageCall } from './runner.js'
import { threadRunner } from './threads.js'
import type { HandlerAnswer, HandlerCall, HandlerDescription, VersionHandler } from './version-handler.js'

export interface LoadHandlerOptions {
  /** Path of handler.ts (or .mts, .js, .mjs). */
  readonly file: string
  readonly model: string
  readonly version: bigint
  /** The version's folder. */
  readonly folder: string
  readonly signatures: ReadonlyMap<string, Signature>
  /** False runs it on the main thread. */
  readonly isolate?: boolean | undefined
  /** Watches the main thread for handlers that are not isolated; asked for only by these. */
  readonly watchdog?: (() => Pick<LoopWatchdog, 'enter'>) | undefined
  /** Limit of one stage of one request in milliseconds; 10 s by default. */
  readonly timeoutMs?: (() => number) | undefined
  /** Limit of importing it and running its `load`; 60 s by default. */
  readonly loadWithinMs?: number | undefined
  /** Threads at most; a few by default. */
  readonly maxThreads?: number | undefined
  /** Bytes of the requests that may wait for a thread; 64 MiB by default. */
  readonly maxWaitingBytes?: number | undefined
  /** Heap of one thread in megabytes; 512 by default. */
  readonly memoryMb?: number | undefined
  /** Node's own arguments for the threads; those of this process by default. */
  readonly execArgv?: readonly string[] | undefined
  /** What the files of the version's folder must be: each thread that loads the handler checks them, and imports from elsewhere are refused. */
  readonly pins?: Pins | undefined
  readonly log: Logger
}

const defaultTimeoutMs = (): number => 10_000
/** Vocabularies and tables of some hundred megabytes load within this. */
const defaultLoadWithinMs = 60_000

function makeRunner ({ file, model, version, folder, signatures, isolate = true, timeoutMs = defaultTimeoutMs, loadWithinMs = defaultLoadWithinMs, maxThreads, maxWaitingBytes, memoryMb, execArgv, pins, watchdog, log }: LoadHandlerOptions): Runner {
  const options: RunnerOptions = {
    settings: { file, folder, model, version, signatures, load: randomUUID(), pins },
    log: log.child({ model, version: version.toString(), handler: true }),
    timeoutMs,
    loadWithinMs
  }
  return isolate ? threadRunner({ ...options, maxThreads, maxWaitingBytes, memoryMb, execArgv }) : inlineRunner(options, watchdog?.() ?? { enter: () => {} })
}

async function evaluate (runner: Runner, description: HandlerDescription, signatures: ReadonlyMap<string, Signature>, call: HandlerCall): Promise<HandlerAnswer> {
  const signature = chooseSignature(signatures, call.signature)
  const { requestId, deadline, signal, predictModel } = call
  const stageCall: StageCall = { requestId, deadline, signal, predictModel, signature: signature.name }
  let inputs: Tensors
  let carry: Record<string, unknown> = {}
  let plain = false
  if (description.preprocess) {
    const prepared = await call.stage('preprocess', async () => await runner.preprocess(stageCall, call.request))
    inputs = prepared.tensors
    carry = prepared.carry
    plain = isOneInstance(inputs, signature)
  } else {
    const decoded = await call.stage('preprocess', async () => await decodeBody(call.request, signature, call.deadline))
    inputs = decoded.tensors
    plain = decoded.plain
  }
  const outputs = await call.stage('predict', async () => await call.predict(inputs))
  return await call.stage('postprocess', async () => description.postprocess
    ? await runner.postprocess(stageCall, outputs, carry)
    : await plainAnswer(outputs, plain, call.print))
}

/** Without a preprocess the body is read as without a handler, so the media types are those of the signature. */
function describe (loaded: HandlerDescription, signatures: ReadonlyMap<string, Signature>): HandlerDescription {
  if (loaded.preprocess) return loaded
  return { ...loaded, mediaTypes: [...new Set([...signatures.values()].flatMap(plainMediaTypes))] }
}

/**
 * Imports the handler, runs its `load` once and keeps the thread that did so ready for the first request.
 * Rejects with HANDLER_LOAD (what is wrong with the file, with its line where known), HANDLER_TIMEOUT or HANDLER_FAILED; nothing is left running then. Whoever gets the handler closes it.
 */
export async function loadHandler (options: LoadHandlerOptions): Promise<VersionHandler> {
  const runner = makeRunner(options)
  try {
    const description = describe(await runner.load(), options.signatures)
    return {
      description,
      evaluate: async call => {
        try {
          return await evaluate(runner, description, options.signatures, call)
        } catch (error) {
          if (error instanceof OutriggerError) {
            error.model ??= options.model
            error.version ??= options.version
          }
          throw error
        }
      },
      close: async () => await runner.close()
    }
  } catch (error) {
    await runner.close()
    throw error
  }
}
