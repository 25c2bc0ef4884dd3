// An answer to a large body: read, asked for and printed as bytes, what takes long in threads of its own (aside/), so that the loop is free for everybody else. Knows no API's URL.
import { UnknownSignature } from '../aside/threads.js'
import type { AnswerForm, ReadTask } from '../aside/messages.js'
import { OutriggerError } from '../errors.js'
import type { StageTimer } from '../handlers/version-handler.js'
import { ownsMemory } from '../inference/predict.js'
import { servableName, type VersionEntry } from '../inference/registry.js'
import type { Tensors } from '../tensor/tensor.js'
import type { PredictOptions, Service } from './service.js'

/** A body of so many bytes that no scan has read may take the parser longer than anybody else shall wait. */
const largeBytes = 256 * 1024
/** Outputs of so many values take longer to print than anybody else shall wait. */
const manyValues = 65_536

export const isLargeBody = (body: Uint8Array): boolean => body.byteLength >= largeBytes

function isLarge (outputs: Tensors): boolean {
  let values = 0
  for (const name of Object.keys(outputs)) {
    const { data } = outputs[name]!
    // Texts would be copied one by one, which is no gain.
    if (Array.isArray(data)) return false
    values += data.length
  }
  return values >= manyValues
}

type Limits = Pick<PredictOptions, 'deadline' | 'signal' | 'metadata'>

export interface LargeBody {
  readonly body: Uint8Array
  readonly as: ReadTask['as']
  /** The version that is asked; undefined where there is none. */
  readonly entry: VersionEntry | undefined
  /** The method that is called; Predict unless it is given. */
  readonly path?: string
  /** Called with the signature that a body asks for which is right so far, and is not there. Throws what is wrong with that, or with the model. */
  readonly refuse: (signature: string) => void
  readonly stage?: StageTimer
}

type LargeService = Pick<Service, 'aside' | 'large'>

const noTimer: StageTimer = async (_stage, work) => await work()

/** The text of the answer. `body` is gone from here on. Rejects with an OutriggerError, as the same body would if it were small. */
export async function answerLarge ({ aside, large }: LargeService, { body, as, entry, path, refuse, stage = noTimer }: LargeBody, limits: Limits): Promise<Buffer> {
  const servable = entry === undefined ? { name: '', version: 0n } : { name: servableName(entry), version: entry.version }
  const split = entry === undefined ? new Map<string, number>() : large.rowsPerCall(entry)
  const { signature, messages, rows, form } = await stage('preprocess', async () => await aside.run({ kind: 'read', body, servable, split, as }, limits)).catch((error: unknown) => {
    if (error instanceof UnknownSignature) return notThere(error.signature, refuse)
    throw error
  })
  if (entry === undefined) return notThere(signature, refuse)
  const whole = async (): Promise<Uint8Array> => (await aside.run({ kind: 'join', servable, signature, messages }, limits)).message
  const answers = await stage('predict', async () => await large.call(entry, { messages, rows, whole, ...(path === undefined ? {} : { path }) }, { signature, ...limits }))
  return await stage('postprocess', async () => await print(aside, form, answers, limits))
}

function notThere (signature: string, refuse: LargeBody['refuse']): never {
  refuse(signature)
  throw new OutriggerError('MODEL_NOT_READY', 'The model came while the request was read', { retryAfterMs: 1000 })
}

async function print (aside: Service['aside'], form: AnswerForm, outputs: readonly Uint8Array[] | Tensors, limits: Limits): Promise<Buffer> {
  const owned = !Array.isArray(outputs) && ownsMemory(outputs as Tensors)
  const { text } = await aside.run({ kind: 'print', form, outputs, owned }, limits)
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength)
}

/** The text of outputs, by `usual` where there are few. */
export function printOutputs ({ aside }: Pick<Service, 'aside'>, form: AnswerForm, outputs: Tensors, limits: Limits, usual: () => Buffer): Buffer | Promise<Buffer> {
  return isLarge(outputs) ? print(aside, form, outputs, limits) : usual()
}
