// One loaded handler: imports its module, runs its functions on plain values. The same code in a worker thread and on the main thread; knows neither.
import { holdPins, isHandlersFile, type Pins } from '../lock/pins.js'
import type { Signature, Tensor, Tensors } from '../tensor/tensor.js'
import { answerWriter, type AnswerWriter } from './answer.js'
import type { Context, Handler, HandlerLog, LoadContext } from './context.js'
import { convertTensors, ReturnFault } from './convert.js'
import { installModuleHooks } from './module-hooks.js'
import { confinedLoad, handlerUrl } from './modules.js'
import { requestReader, type RequestReader } from './request.js'
import { callersFault } from './passed-on.js'
import { isSchema, type Schema } from './request-schema.js'
import { SourceError } from './strip.js'
import type { HandlerAnswer, HandlerDescription, HandlerRequest } from './version-handler.js'

export interface RuntimeSettings {
  readonly file: string
  readonly folder: string
  readonly model: string
  readonly version: bigint
  readonly signatures: ReadonlyMap<string, Signature>
  /** One per load of the module. */
  readonly load: string
  /** What the files of the folder must be; anything where undefined. */
  readonly pins?: Pins | undefined
}

/** What a handler reaches of the service. */
export interface Host {
  log (level: keyof HandlerLog, message: string, fields: Readonly<Record<string, unknown>>): void
  predict (call: string, model: string, tensors: Readonly<Record<string, Tensor>>): Promise<Tensors>
}

/** One request on its way through a handler. `carry` goes from preprocess to postprocess. */
export interface RuntimeCall {
  readonly id: string
  readonly requestId: string
  readonly signature: string
  readonly carry: Record<string, unknown>
  readonly signal: AbortSignal
}

const functionNames = ['load', 'preprocess', 'postprocess', 'dispose'] as const
const schemaNames = ['input', 'output'] as const

/** Says what to do about the faults of an import that Node words for others. */
function explain (error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof SourceError) return error
  const [, name] = /does not provide an export named '([^']+)'/.exec(error.message) ?? []
  if (name !== undefined) return new SourceError(`${file}: ${error.message.replace(/\?outrigger=[^'"\s]*/g, '')}. If ${name} is a type, import it with \`import type\`: types are taken out, not compiled`)
  const [, missing] = /Cannot find package '([^']+)'/.exec(error.message) ?? []
  if (missing !== undefined) return new SourceError(`${file}: the package ${missing} is not installed for the handler; it is looked for in node_modules of the handler's folder and of the folders above it`)
  if (error instanceof SyntaxError) {
    const line = /^\S+:(\d+)\n/.exec(error.stack ?? '')?.[1]
    return new SourceError(`${file}${line === undefined ? '' : `:${line}`}: ${error.message}`)
  }
  return error
}

/** Hooks that run in a thread of Node's own hand their errors over as plain ones; ours begin with the file. */
const isOurs = (error: unknown, file: string): boolean => error instanceof Error && error.message.startsWith(`${file.slice(0, file.lastIndexOf('/') + 1)}`)

async function importHandler (file: string, load: string): Promise<Handler<unknown, unknown>> {
  installModuleHooks()
  let exported: Record<string, unknown>
  try {
    exported = await import(handlerUrl(file, load)) as Record<string, unknown>
  } catch (error) {
    throw isOurs(error, file) ? new SourceError((error as Error).message) : explain(error, file)
  }
  for (const name of functionNames) {
    if (exported[name] !== undefined && typeof exported[name] !== 'function') throw new SourceError(`${file}: exports ${name}, which must be a function`)
  }
  for (const name of schemaNames) {
    if (exported[name] !== undefined && !isSchema(exported[name])) throw new SourceError(`${file}: exports ${name}, which must be a JSON Schema, for example Type.Object({ … })`)
  }
  if (![...functionNames, ...schemaNames].some(name => exported[name] !== undefined)) {
    throw new SourceError(`${file}: exports none of ${[...schemaNames, ...functionNames].join(', ')}${exported.default === undefined ? '' : '; export them by name, not as default'}`)
  }
  if (exported.input !== undefined && exported.preprocess === undefined) throw new SourceError(`${file}: exports input, and no preprocess that would get what it describes`)
  return exported as Handler<unknown, unknown>
}

function schemaOf<T> (file: string, name: string, schema: object | undefined, compile: (schema: Schema | undefined) => T): T {
  try {
    return compile(schema as Schema | undefined)
  } catch (error) {
    throw new SourceError(`${file}: its ${name} is no schema that can be used: ${(error as Error).message}`)
  }
}

const plainSchema = (schema: object | undefined): Record<string, unknown> | undefined => schema === undefined ? undefined : JSON.parse(JSON.stringify(schema)) as Record<string, unknown>

function logOf (host: Host, extra: Readonly<Record<string, unknown>>): HandlerLog {
  const write = (level: keyof HandlerLog) => (message: string, fields: Readonly<Record<string, unknown>> = {}): void => { host.log(level, String(message), { ...fields, ...extra }) }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

export class Runtime {
  readonly description: HandlerDescription
  readonly #settings: RuntimeSettings
  readonly #host: Host
  readonly #handler: Handler<unknown, unknown>
  readonly #state: unknown
  readonly #reader: RequestReader
  readonly #answer: AnswerWriter

  private constructor (settings: RuntimeSettings, host: Host, handler: Handler<unknown, unknown>, state: unknown, reader: RequestReader, answer: AnswerWriter) {
    this.#settings = settings
    this.#host = host
    this.#handler = handler
    this.#state = state
    this.#reader = reader
    this.#answer = answer
    const { preprocess, postprocess } = handler
    this.description = {
      input: plainSchema(handler.input),
      output: plainSchema(handler.output),
      mediaTypes: reader.mediaTypes,
      preprocess: preprocess !== undefined,
      postprocess: postprocess !== undefined
    }
  }

  /** Imports the handler and runs its `load`. Rejects with whatever the handler throws, or a SourceError. */
  static async start (settings: RuntimeSettings, host: Host, signal: AbortSignal): Promise<Runtime> {
    const { file, folder, pins } = settings
    const held = pins === undefined ? undefined : await holdPins(folder, pins, isHandlersFile)
    const handler = await importHandler(file, pins === undefined ? settings.load : confinedLoad(settings.load, folder))
    const reader = schemaOf(file, 'input', handler.input, requestReader)
    const answer = schemaOf(file, 'output', handler.output, answerWriter)
    const context: LoadContext = { ...identity(settings), log: logOf(host, {}), signal }
    const state = await handler.load?.(context)
    await held?.confirm()
    return new Runtime(settings, host, handler, state, reader, answer)
  }

  /** Body → request → tensors as the signature asks for them. */
  async preprocess (call: RuntimeCall, request: HandlerRequest): Promise<Record<string, Tensor>> {
    const context = this.#context(call)
    const shaped = this.#reader.read(request)
    const returned = await this.#handler.preprocess!(shaped, context)
    try {
      return convertTensors(returned, context.signature)
    } catch (error) {
      throw error instanceof ReturnFault ? callersFault(error, shaped, returned) ?? error : error
    }
  }

  /** The model's outputs → the answer. */
  async postprocess (call: RuntimeCall, outputs: Tensors): Promise<HandlerAnswer> {
    return this.#answer(await this.#handler.postprocess!(outputs, this.#context(call)))
  }

  async dispose (): Promise<void> {
    await this.#handler.dispose?.(this.#state)
  }

  #context (call: RuntimeCall): Context {
    const signature = this.#settings.signatures.get(call.signature)
    if (signature === undefined) throw new ReturnFault(`it was asked for the signature ${call.signature}, which the version does not have`)
    const { id, requestId, signal, carry } = call
    return {
      ...identity(this.#settings),
      signature,
      requestId,
      signal,
      state: this.#state,
      carry,
      log: logOf(this.#host, { request_id: requestId }),
      models: { predict: async (model, tensors) => await this.#host.predict(id, model, tensors) }
    }
  }
}

const identity = ({ model, version, signatures, folder }: RuntimeSettings): Pick<LoadContext, 'model' | 'version' | 'signatures' | 'folder'> => ({ model, version, signatures, folder })

