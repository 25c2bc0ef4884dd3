// Reads a warm-up file as a model server would, without running it: TFRecord, PredictionLogs, their requests against the signatures in saved_model.pb. Starts no model.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OutriggerError } from '../errors.js'
import { readPredictionLog, type LogKind } from '../tensor/proto/prediction-log.js'
import { readServingSignatures } from '../tensor/proto/saved-model.js'
import { WireError } from '../tensor/proto/wire.js'
import { readRecords, RecordError } from '../tfrecord/read.js'
import { maxRecordBytes, maxRecords, warmupFile } from './file.js'
import { examine, type Signatures } from './request.js'

export interface RecordReport {
  /** Counted from 1. */
  readonly record: number
  /** Undefined where it could not be read, and for a record of no call. */
  readonly kind: LogKind | undefined
  readonly signature: string
  /** What the request asks for: inputs with dtypes and shapes, or the number of examples. */
  readonly asks: string
  /** Why a model server would refuse it, and the version with it. */
  readonly fault: string | undefined
  /** What is odd and hinders nothing. */
  readonly note?: string
}

const blank = { kind: undefined, signature: '', asks: '', fault: undefined }

function report (record: number, bytes: Uint8Array, signatures: Signatures | undefined): RecordReport {
  let kind: LogKind | undefined
  try {
    const log = readPredictionLog(bytes)
    kind = log.kind
    const finding = examine(log, signatures)
    return finding === undefined ? { ...blank, record, note: 'it holds no call, and is passed over' } : { record, kind, ...finding }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { ...blank, record, kind, fault: kind === undefined ? `it is no PredictionLog: ${error.message}` : `its request cannot be read: ${error.message}` }
  }
}

/** The signatures of a version's folder; undefined where it has no saved_model.pb, or one that cannot be read: its load will say why. */
export async function signaturesOf (folder: string): Promise<Signatures | undefined> {
  try {
    return readServingSignatures(await readFile(join(folder, 'saved_model.pb')))
  } catch {
    return undefined
  }
}

/**
 * A report per record. A damaged file ends with one more, whose fault says where, as does a file of too many records. One record at a time is in memory.
 * Rejects with the system's error for a file that cannot be read.
 */
export async function * checkRecords (path: string, signatures: Signatures | undefined): AsyncGenerator<RecordReport> {
  let record = 0
  const records = readRecords(path, maxRecordBytes)
  try {
    for (;;) {
      const { done, value } = await records.next()
      record++
      if (done === true) {
        if (value > 0) yield { ...blank, record, note: `${value} bytes are left at the end of the file, too few for a record` }
        return
      }
      if (record > maxRecords) {
        yield { ...blank, record, fault: `a warm-up file has at most ${maxRecords} records` }
        return
      }
      yield report(record, value, signatures)
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    yield { ...blank, record: error.after + 1, fault: error.message }
  } finally {
    await records.return(0)
  }
}

/**
 * Holds a version's warm-up file, if it has one, against its signatures: one bad record fails the whole load of a model server.
 * Rejects with MODEL_WARMUP that names the first bad record and its fault, also for a file that cannot be read.
 */
export async function checkWarmup (folder: string): Promise<void> {
  const path = warmupFile(folder)
  if (!existsSync(path)) return
  const refuse = (what: string, cause?: unknown): OutriggerError => new OutriggerError('MODEL_WARMUP', `its warm-up file assets.extra/tf_serving_warmup_requests would fail the load: ${what} (\`outrigger warmup --check\` lists all faults; warmup: off in model.yaml skips this check)`, { cause })
  try {
    for await (const { record, fault } of checkRecords(path, await signaturesOf(folder))) if (fault !== undefined) throw refuse(`record ${record}: ${fault}`)
  } catch (error) {
    throw error instanceof OutriggerError ? error : refuse(`it cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, error)
  }
}
