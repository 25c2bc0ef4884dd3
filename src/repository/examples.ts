// The examples of a version: requests to evaluate with the answers that they must give. Read from its folder and run through its handler and model, without HTTP.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { chooseSignature } from '../handlers/plain.js'
import type { HandlerAnswer, HandlerRequest, PredictModel } from '../handlers/version-handler.js'
import { evaluate } from '../inference/evaluate.js'
import { predict } from '../inference/predict.js'
import type { RecordedInputs } from '../inference/batching-states.js'
import type { VersionEntry } from '../inference/registry.js'
import type { Tensors } from '../tensor/tensor.js'
import { differences, differenceText } from './difference.js'

/** A golden case, a file `examples/NAME.json`. Without a response it must only be answered. */
export interface Example {
  readonly name: string
  readonly request: unknown
  readonly response?: unknown
  /** How far numbers of the answer may be from those of the response. */
  readonly tolerance?: number | undefined
  /** Signature to ask; the default one unless given. */
  readonly signature?: string | undefined
}

export interface ExampleResult {
  readonly name: string
  /** What is wrong, in words; undefined when it passed. */
  readonly fault: string | undefined
  readonly milliseconds: number
}

export interface ExampleOptions {
  /** Limit of one example. */
  readonly timeoutMs: number
  /** Calls another model for a handler. */
  readonly predictModel: PredictModel
  readonly signal?: AbortSignal
}

/** A file of examples holds a request or two, with a picture perhaps. */
const maxBytes = 64 * 1024 * 1024
const keys = new Set(['request', 'response', 'tolerance', 'signature'])

function refuse (file: string, why: string, cause?: unknown): never {
  throw new OutriggerError('MODEL_EXAMPLE', `the example ${file} ${why}`, cause === undefined ? {} : { cause })
}

/** Reads the text of an example's file. Throws MODEL_EXAMPLE that names the file. */
export function readExample (file: string, name: string, source: string): Example {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    return refuse(file, `is not valid JSON: ${(cause as Error).message}`, cause)
  }
  if (typeof value !== 'object' || value === null || !('request' in value)) return refuse(file, 'must be an object with a request')
  const unknown = Object.keys(value).find(key => !keys.has(key))
  if (unknown !== undefined) return refuse(file, `has no key ${unknown}; it has ${[...keys].join(', ')}`)
  const { tolerance, signature } = value as { tolerance?: unknown, signature?: unknown }
  if (tolerance !== undefined && !(typeof tolerance === 'number' && tolerance >= 0)) return refuse(file, 'has a tolerance that is no number from 0 up')
  if (signature !== undefined && typeof signature !== 'string') return refuse(file, 'has a signature that is no text')
  return { ...value as Example, name }
}

/** The examples of a version's folder by name; [] where there is none. Throws MODEL_EXAMPLE for a file that cannot be read as one. */
export async function readExamples (folder: string): Promise<Example[]> {
  const names = await readdir(join(folder, 'examples')).catch(() => [])
  const examples: Example[] = []
  for (const name of names.filter(one => one.endsWith('.json') && !one.startsWith('.')).sort()) {
    const file = join(folder, 'examples', name)
    if ((await stat(file)).size > maxBytes) refuse(name, `is larger than ${maxBytes} bytes`)
    examples.push(readExample(name, name.slice(0, -'.json'.length), await readFile(file, 'utf8')))
  }
  return examples
}

/** JSON as what it means, text as text, anything else as `{"b64": …}`. */
function answerOf (mediaType: string, body: Uint8Array): unknown {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (/^application\/([a-z.-]+\+)?json\b/.test(mediaType)) return JSON.parse(bytes.toString())
  return mediaType.startsWith('text/') ? bytes.toString() : { b64: bytes.toString('base64') }
}

/** A question to a version, as a caller of evaluate would put it. */
export interface Question extends HandlerRequest {
  readonly name: string
  /** Empty for the default one. */
  readonly signature: string
}

export const questionOf = ({ name, request, signature }: Example): Question => ({ name, mediaType: 'application/json', body: Buffer.from(JSON.stringify(request)), signature: signature ?? '' })

/** Puts the question to exactly this version, live or not, through its handler and model. `hear` is told what the model gets. Rejects with an OutriggerError. */
export async function ask (entry: VersionEntry, { name, signature: wanted, ...request }: Question, { timeoutMs, predictModel, signal }: ExampleOptions, hear?: (signature: string, inputs: Tensors) => void): Promise<HandlerAnswer> {
  const deadline = now() + timeoutMs
  const calling = signal ?? new AbortController().signal
  const signature = chooseSignature(entry.signatures, wanted).name
  return await evaluate(entry, {
    request,
    signature,
    requestId: `example ${name}`,
    deadline,
    signal: calling,
    predict: async inputs => {
      hear?.(signature, inputs)
      return await predict(entry, inputs, { signature, deadline, signal: calling })
    },
    predictModel,
    stage: async (_stage, work) => await work()
  })
}

/** Runs one example on exactly this version, live or not. `hear` is told what the model gets. Never rejects for what the version does. */
export async function runExample (entry: VersionEntry, example: Example, options: ExampleOptions, hear?: (signature: string, inputs: Tensors) => void): Promise<ExampleResult> {
  const start = performance.now()
  let fault: string | undefined
  try {
    const { mediaType, body } = await ask(entry, questionOf(example), options, hear)
    const found = example.response === undefined ? [] : differences(example.response, answerOf(mediaType, body), example.tolerance)
    if (found.length > 0) fault = differenceText(found)
  } catch (error) {
    fault = error instanceof OutriggerError ? `${error.code}: ${error.message}` : (error as Error).message
  }
  return { name: example.name, fault, milliseconds: performance.now() - start }
}

/** Runs all examples of a version one after another and returns what the model was asked in them. Rejects with MODEL_EXAMPLE naming each that failed. */
export async function runExamples (entry: VersionEntry, options: ExampleOptions): Promise<RecordedInputs[]> {
  const faults: string[] = []
  const asked: RecordedInputs[] = []
  for (const example of await readExamples(entry.folder)) {
    const { name, fault } = await runExample(entry, example, options, (signature, inputs) => { asked.push({ signature, inputs }) })
    if (fault !== undefined) faults.push(`example ${name}: ${fault}`)
  }
  if (faults.length > 0) throw new OutriggerError('MODEL_EXAMPLE', faults.join('\n'), { model: entry.model, version: entry.version })
  return asked
}
