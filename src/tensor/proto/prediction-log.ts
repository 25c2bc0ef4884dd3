// tensorflow.serving.PredictionLog, the record of warm-up files and request logs: which call it is of, and that call's request. Field numbers from tensorflow_serving/apis/prediction_log.proto.
import type { Tensors } from '../tensor.js'
import { writePredictRequest, type ModelSpec } from './predict.js'
import { DELIMITED, Reader, Writer } from './wire.js'

/** The members of the oneof log_type by field number. */
const kinds = { 2: 'classify', 3: 'regress', 4: 'multi-inference', 5: 'session-run', 6: 'predict', 7: 'predict-streamed' } as const
const isKind = (field: number): field is keyof typeof kinds => field in kinds

export type LogKind = (typeof kinds)[keyof typeof kinds]

export interface PredictionLog {
  /** Undefined for a record of no call. */
  readonly kind: LogKind | undefined
  /** The call's requests, serialized, as views: one, or none where the log leaves it out; several only of `predict-streamed`. */
  readonly requests: readonly Buffer[]
}

/** Of several calls the last counts, as in any oneof. Throws a WireError. */
export function readPredictionLog (bytes: Uint8Array): PredictionLog {
  const reader = new Reader(bytes)
  let log: PredictionLog = { kind: undefined, requests: [] }
  while (reader.next()) {
    const { field } = reader
    if (isKind(field) && reader.is(DELIMITED)) log = { kind: kinds[field], requests: readRequests(reader.sub()) }
    else reader.skip()
  }
  return log
}

/** `request` is field 1 of every log. */
function readRequests (reader: Reader): Buffer[] {
  const requests: Buffer[] = []
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) requests.push(reader.bytes())
    else reader.skip()
  }
  return requests
}

/** Bytes of a PredictionLog of a predict call, without its answer. Throws a WireError for a tensor whose data do not fit its shape or dtype. */
export function writePredictLog (model: ModelSpec, inputs: Tensors): Buffer {
  const request = writePredictRequest({ model, inputs, outputFilter: [] })
  return new Writer(request.length + 16).message(6, log => { log.bytes(1, request) }, request.length + 6).finish()
}
