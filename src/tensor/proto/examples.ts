// tensorflow.serving.ClassificationRequest and RegressionRequest, and their responses; MultiInferenceRequest as several of them. Field numbers from tensorflow_serving/apis/classification.proto, regression.proto, inference.proto and input.proto.
import { readModelSpec, writeModelSpec, type ModelSpec } from './predict.js'
import { DELIMITED, FIXED32, Reader, Writer } from './wire.js'

/** Either request: both have the same fields. `input` is a serialized tensorflow.serving.Input. */
export function writeExamplesRequest (model: ModelSpec, input: Uint8Array): Buffer {
  const writer = new Writer(input.length + 256)
  writeModelSpec(writer, 1, model)
  writer.bytes(2, input)
  return writer.finish()
}

/** An ExampleList, or an ExampleListWithContext: there the context stands before each example, and of a feature in both the example's counts, because the later one does. */
function readList (reader: Reader): Uint8Array[] {
  const examples: Buffer[] = []
  let context: Buffer | undefined
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) examples.push(reader.bytes())
    else if (reader.field === 2 && reader.is(DELIMITED)) context = reader.bytes()
    else reader.skip()
  }
  return context === undefined ? examples : examples.map(example => Buffer.concat([context!, example]))
}

function readInput (reader: Reader): Uint8Array[] {
  let examples: Uint8Array[] = []
  while (reader.next()) {
    if ((reader.field === 1 || reader.field === 2) && reader.is(DELIMITED)) examples = readList(reader.sub())
    else reader.skip()
  }
  return examples
}

/** Either request: its ModelSpec, and its serialized tf.Examples with the context joined to each. Throws a WireError. */
export function readExamplesRequest (bytes: Uint8Array): { model: ModelSpec, examples: Uint8Array[] } {
  let model: ModelSpec = { name: '', signatureName: '' }
  let examples: Uint8Array[] = []
  const reader = new Reader(bytes)
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) model = readModelSpec(reader.sub())
    else if (reader.field === 2 && reader.is(DELIMITED)) examples = readInput(reader.sub())
    else reader.skip()
  }
  return { model, examples }
}

/** An InferenceTask of a MultiInferenceRequest: its method's name, and its ModelSpec's bytes. */
function readTask (reader: Reader): { spec: Uint8Array, method: string } {
  let spec: Uint8Array = new Uint8Array(0)
  let method = ''
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) spec = reader.bytes()
    else if (reader.field === 2 && reader.is(DELIMITED)) method = reader.string()
    else reader.skip()
  }
  return { spec, method }
}

/** The tasks of a MultiInferenceRequest, each as the request that it would be on its own. Throws a WireError. */
export function readMultiInferenceRequest (bytes: Uint8Array): { method: string, request: Buffer }[] {
  const tasks: ReturnType<typeof readTask>[] = []
  let input: Uint8Array = new Uint8Array(0)
  const reader = new Reader(bytes)
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) tasks.push(readTask(reader.sub()))
    else if (reader.field === 2 && reader.is(DELIMITED)) input = reader.bytes()
    else reader.skip()
  }
  return tasks.map(({ spec, method }) => ({ method, request: new Writer(spec.length + input.length + 16).bytes(1, spec).bytes(2, input).finish() }))
}

/** Readers of all values of a repeated message field. */
function * messages (reader: Reader, field: number): Generator<Reader> {
  while (reader.next()) {
    if (reader.field === field && reader.is(DELIMITED)) yield reader.sub()
    else reader.skip()
  }
}

/** Classes with label and score, per example. Throws a WireError. */
export function readClassificationResponse (bytes: Uint8Array): { label: string, score: number }[][] {
  const results: { label: string, score: number }[][] = []
  for (const result of messages(new Reader(bytes), 1)) {
    for (const classifications of messages(result, 1)) results.push([...messages(classifications, 1)].map(readClass))
  }
  return results
}

function readClass (reader: Reader): { label: string, score: number } {
  let label = ''
  let score = 0
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) label = reader.string()
    else if (reader.field === 2 && reader.is(FIXED32)) score = reader.float()
    else reader.skip()
  }
  return { label, score }
}

/** One single per example. Throws a WireError. */
export function readRegressionResponse (bytes: Uint8Array): number[] {
  const values: number[] = []
  for (const result of messages(new Reader(bytes), 1)) {
    for (const regression of messages(result, 1)) {
      let value = 0
      while (regression.next()) {
        if (regression.field === 1 && regression.is(FIXED32)) value = regression.float()
        else regression.skip()
      }
      values.push(value)
    }
  }
  return values
}
