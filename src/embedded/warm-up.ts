// Replays a version's warm-up file inside its worker, before the version is AVAILABLE. One bad record fails the load, as in TensorFlow Serving. Source of the rules and words: tensorflow_serving/servables/tensorflow/saved_model_warmup_util.cc and saved_model_warmup.cc.
import { readMultiInferenceRequest } from '../tensor/proto/examples.js'
import { readPredictionLog, type PredictionLog } from '../tensor/proto/prediction-log.js'
import { WireError } from '../tensor/proto/wire.js'
import { readRecords, RecordError } from '../tfrecord/read.js'
import { maxRecordBytes, maxRecords, warmupFile } from '../warmup/file.js'
import { classify } from './classify.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { predict } from './predict.js'
import { regress } from './regress.js'
import { DATA_LOSS, INVALID_ARGUMENT, UNIMPLEMENTED } from './status.js'

type Call = (model: LoadedModel, version: bigint, request: Uint8Array) => unknown

const byMethod: Readonly<Record<string, Call>> = { 'tensorflow/serving/classify': classify, 'tensorflow/serving/regress': regress }

/** One task after the other: that warms what the one run of all would. */
function multiInference (model: LoadedModel, version: bigint, bytes: Uint8Array): void {
  for (const { method, request } of readMultiInferenceRequest(bytes)) {
    const call = Object.hasOwn(byMethod, method) ? byMethod[method]! : undefined
    if (call === undefined) throw new ModelError(UNIMPLEMENTED, `Unsupported signature method_name: ${method}`)
    call(model, version, request)
  }
}

function unsupported (logType: number): Call {
  return () => { throw new ModelError(UNIMPLEMENTED, `Unsupported log_type for warmup: ${logType}`) }
}

const calls: Readonly<Record<NonNullable<PredictionLog['kind']>, Call>> = {
  predict,
  classify,
  regress,
  'multi-inference': multiInference,
  // Sessions are no service of this server, nor of the real one's warm-up; streams are none of this one.
  'session-run': unsupported(5),
  'predict-streamed': unsupported(7)
}

/** Throws a ModelError, or a WireError for what is no message. */
function replay (model: LoadedModel, version: bigint, record: Uint8Array, iterations: number): void {
  const { kind, requests: [request = new Uint8Array(0)] } = readPredictionLog(record)
  // A record of no call is passed over, as there.
  if (kind !== undefined) for (let i = 0; i < iterations; i++) calls[kind](model, version, request)
}

/**
 * Runs each record's request `iterations` times; resolves to the number of records, 0 where there is no file. Rejects with a ModelError that names the record, counted from 1:
 * the call's own, INVALID_ARGUMENT for what is no PredictionLog and for too many records, UNIMPLEMENTED for a kind of call that is not replayed, DATA_LOSS for a damaged file.
 * Names of models in the records mean nothing, as there.
 */
export async function warmUp (model: LoadedModel, version: bigint, folder: string, iterations: number): Promise<number> {
  const path = warmupFile(folder)
  let count = 0
  try {
    for await (const record of readRecords(path, maxRecordBytes)) {
      if (++count > maxRecords) throw new ModelError(INVALID_ARGUMENT, `Number of warmup records exceeds the maximum (${maxRecords}) at ${path}`)
      try {
        replay(model, version, record, iterations)
      } catch (cause) {
        if (cause instanceof WireError) throw new ModelError(INVALID_ARGUMENT, `Failed to parse warmup record: ${cause.message} from ${path} (warmup record ${count})`, { cause })
        throw cause instanceof ModelError ? new ModelError(cause.status, `${cause.message} (warmup record ${count})`, { cause }) : cause
      }
    }
  } catch (cause) {
    if (cause instanceof RecordError) throw new ModelError(DATA_LOSS, `${cause.message}. Please verify your warmup data is in TFRecord format.`, { cause })
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return 0
    throw cause
  }
  return count
}
