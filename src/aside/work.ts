// What a thread for large bodies does: a body into the messages of a request, the messages of an answer into its text. Pure; the meaning is that of tensor/, as everywhere.
import { OutriggerError } from '../errors.js'
import { joinRows, dataBytes, rowsOf, splitRows } from '../inference/merge.js'
import { decodeJson } from '../tensor/evaluate/decode.js'
import { encodeOutputs } from '../tensor/evaluate/encode.js'
import { decodeRaw } from '../tensor/evaluate/raw.js'
import { printClassifications, printRegressions, readInput } from '../tensor/json/examples.js'
import { parseJson } from '../tensor/json/parse.js'
import { readPredictBody } from '../tensor/json/predict-body.js'
import { checkTopLevel, signatureName, type Inputs } from '../tensor/json/predict-request.js'
import { printPredictions } from '../tensor/json/predict-response.js'
import { readClassificationResponse, readRegressionResponse, writeExamplesRequest } from '../tensor/proto/examples.js'
import { readPredictRequest, readPredictResponse, writePredictRequest, writeStackedPredictRequest } from '../tensor/proto/predict.js'
import { WireError } from '../tensor/proto/wire.js'
import type { Tensors } from '../tensor/tensor.js'
import { specOf, type AnswerForm, type JoinTask, type Outcome, type PrintTask, type ReadDone, type ReadTask, type Task } from './messages.js'

/** A call of so many bytes takes a model that does little with each a millisecond or two: so long a tiny request behind it waits. */
const usualCallBytes = 256 * 1024

/** The body asks for a signature that did not come along. */
class UnknownSignature extends Error {
  readonly signature: string

  constructor (signature: string) {
    super(signature)
    this.signature = signature
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** One message, or one for each `most` rows (more where they are small). */
function messagesOf (task: ReadTask, signature: string, inputs: Tensors, form: AnswerForm): ReadDone {
  const model = specOf(task.servable, signature)
  const most = task.split.get(signature === '' ? 'serving_default' : signature)
  const rows = rowsOf(inputs)
  if (most !== undefined && rows !== undefined) {
    const perCall = Math.max(most, Math.floor(usualCallBytes * rows / dataBytes(inputs)))
    if (rows > perCall) {
      const parts = Array.from({ length: Math.ceil(rows / perCall) }, (_, i) => Math.min(perCall, rows - i * perCall))
      return { signature, rows: parts, form, messages: splitRows(inputs, parts).map(part => writePredictRequest({ model, inputs: part, outputFilter: [] })) }
    }
  }
  return { signature, rows: [rows ?? 0], form, messages: [writePredictRequest({ model, inputs, outputFilter: [] })] }
}

function read (task: ReadTask): ReadDone {
  const { as, servable } = task
  const body = bufferOf(task.body)
  switch (as.api) {
    case 'predict': {
      const lookUp = (name: string): Inputs => {
        const inputs = as.inputs.get(name === '' ? 'serving_default' : name)
        if (inputs === undefined) throw new UnknownSignature(name)
        return inputs
      }
      const { signature, format, inputs } = readPredictBody(body, lookUp)
      return messagesOf(task, signature, inputs, { api: 'predict', format })
    }
    case 'evaluate': {
      const { signature, raw, shape } = as
      const [input] = signature.inputs
      const { tensors, plain } = raw ? decodeRaw(body, ...input!, shape) : decodeJson(body, signature)
      return messagesOf(task, signature.name, tensors, { api: 'evaluate', plain })
    }
    default: {
      const document = parseJson(body)
      checkTopLevel(document)
      const signature = signatureName(document)
      return { signature, rows: [0], form: as, messages: [writeExamplesRequest(specOf(servable, signature), readInput(document))] }
    }
  }
}

/** Requests of the same inputs, one below the other. */
const join = ({ servable, signature, messages }: JoinTask): Buffer =>
  writeStackedPredictRequest(specOf(servable, signature), messages.map(message => readPredictRequest(message).inputs))

function print ({ form, outputs }: PrintTask): Uint8Array {
  const messages = Array.isArray(outputs) ? outputs as readonly Uint8Array[] : undefined
  switch (form.api) {
    case 'classify': return Buffer.from(printClassifications(readClassificationResponse(bufferOf(messages![0]))))
    case 'regress': return Buffer.from(printRegressions(readRegressionResponse(bufferOf(messages![0]))))
  }
  const tensors = messages === undefined ? outputs as Tensors : joinRows(messages.map(message => readPredictResponse(message).outputs))
  return form.api === 'predict' ? printPredictions(tensors, form.format) : encodeOutputs(tensors, { plain: form.plain })
}

/** Does what is asked; never throws for what the caller or the model has sent. */
export function work (task: Task): Outcome {
  try {
    switch (task.kind) {
      case 'read': return { done: read(task) }
      case 'join': return { done: { message: join(task) } }
      case 'print': return { done: { text: print(task) } }
    }
  } catch (error) {
    if (error instanceof UnknownSignature) return { unknown: error.signature }
    if (error instanceof OutriggerError) return { fault: { code: error.code, message: error.message, errors: error.errors } }
    if (error instanceof WireError) return { fault: { code: 'MODEL_ANSWER_INVALID', message: `The model's answer cannot be read: ${error.message}`, errors: undefined } }
    throw error
  }
}
