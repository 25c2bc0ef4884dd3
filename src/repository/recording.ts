// What a version's model gets when the version is asked: questions from files, put through its handler, and the tensors of each call as a record of a warm-up file. Writes nothing.
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { predict } from '../inference/predict.js'
import { servableName, type VersionEntry } from '../inference/registry.js'
import { readPredictBody } from '../tensor/json/predict-body.js'
import { writePredictLog } from '../tensor/proto/prediction-log.js'
import type { Tensors } from '../tensor/tensor.js'
import { chooseSignature } from '../handlers/plain.js'
import { ask, questionOf, readExample, type ExampleOptions, type Question } from './examples.js'

/** A question for the handler, or a body of TensorFlow Serving's predict, which knows no handler. */
export type Sample = Question | { readonly name: string, readonly predictBody: Buffer }

/** Bodies that a file's name tells. */
const mediaTypes: Readonly<Record<string, string>> = { '.json': 'application/json', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png' }

/** A predict body holds nothing but these, and one of the last two. */
const isPredictBody = (value: object): boolean => Object.keys(value).every(key => ['signature_name', 'instances', 'inputs'].includes(key)) && ('instances' in value || 'inputs' in value)

async function readSample (file: string): Promise<Sample> {
  const name = basename(file)
  const mediaType = mediaTypes[extname(name).toLowerCase()]
  if (mediaType === undefined) throw new OutriggerError('CONFIG_INVALID', `${file}: its name must end in one of ${Object.keys(mediaTypes).join(', ')}`)
  const body = await readFile(file)
  const question = { name, mediaType, body, signature: '' }
  if (mediaType !== 'application/json') return question
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `${file} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
  if (typeof value !== 'object' || value === null) return question
  if ('request' in value) return questionOf(readExample(file, name, body.toString()))
  return isPredictBody(value) ? { name, predictBody: body } : question
}

/**
 * The samples of a file, or of a folder's files by name: examples ({request, …}), bodies of evaluate, bodies of TensorFlow Serving's predict (instances or inputs),
 * pictures. Rejects with CONFIG_INVALID or MODEL_EXAMPLE for one that is none, and for a path that cannot be read.
 */
export async function readSamples (path: string): Promise<Sample[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [await readSample(path)]
    const names = (await readdir(path)).filter(name => !name.startsWith('.') && mediaTypes[extname(name).toLowerCase()] !== undefined).sort()
    const samples: Sample[] = []
    for (const name of names) samples.push(await readSample(join(path, name)))
    return samples
  } catch (cause) {
    if (cause instanceof OutriggerError) throw cause
    throw new OutriggerError('CONFIG_INVALID', `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause })
  }
}

/** Bytes of a PredictionLog for each call of the model that the sample made, which the model has answered. Rejects with an OutriggerError. */
export async function recordSample (entry: VersionEntry, sample: Sample, options: ExampleOptions): Promise<Buffer[]> {
  const records: Buffer[] = []
  const hear = (signatureName: string, inputs: Tensors): void => { records.push(writePredictLog({ name: servableName(entry), signatureName }, inputs)) }
  if (!('predictBody' in sample)) {
    await ask(entry, sample, options, hear)
    return records
  }
  const { signature, inputs } = readPredictBody(sample.predictBody, name => chooseSignature(entry.signatures, name).inputs)
  const { name } = chooseSignature(entry.signatures, signature)
  hear(name, inputs)
  await predict(entry, inputs, { signature: name, deadline: now() + options.timeoutMs, signal: options.signal ?? new AbortController().signal })
  return records
}
