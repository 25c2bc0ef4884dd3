// tensorflow.serving.ClassificationRequest and RegressionRequest, and their responses. Field numbers from tensorflow_serving/apis/classification.proto and regression.proto.
import { writeModelSpec, type ModelSpec } from './predict.js'
import { DELIMITED, FIXED32, Reader, Writer } from './wire.js'

/** Either request: both have the same fields. `input` is a serialized tensorflow.serving.Input. */
export function writeExamplesRequest (model: ModelSpec, input: Uint8Array): Buffer {
  const writer = new Writer(input.length + 256)
  writeModelSpec(writer, 1, model)
  writer.bytes(2, input)
  return writer.finish()
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
