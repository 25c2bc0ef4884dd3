// Predict over TensorFlow Serving's REST: body to tensors, model without its handler, tensors to text. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { now } from '../../../clock.js'
import { OutriggerError } from '../../../errors.js'
import { ArrivingPredictBody, readPredictBody, type LookUpInputs } from '../../../tensor/json/predict-body.js'
import { printPredictions } from '../../../tensor/json/predict-response.js'
import type { Inputs } from '../../../tensor/json/predict-request.js'
import { using } from '../../../inference/lease.js'
import type { VersionEntry } from '../../../inference/registry.js'
import { answerLarge, isLargeBody, printOutputs, type LargeBody } from '../../large-answer.js'
import type { Service } from '../../service.js'
import type { Target } from './url.js'

/** The moment at which the answer is due: the request's own, lowered by the model's limit. */
export function deadlineOf (service: Service, request: FastifyRequest, model: string): number {
  const limit = service.registry.get(model)?.timeoutMs
  return limit === undefined ? request.deadline : Math.min(request.deadline, now() + limit)
}

function inputsOf (entry: VersionEntry, signature: string): Inputs {
  const name = signature === '' ? 'serving_default' : signature
  const found = entry.signatures.get(name)
  if (found === undefined) throw new OutriggerError('MODEL_SIGNATURE', `Serving signature name: "${name}" not found in signature def`, { model: entry.model, version: entry.version })
  return found.inputs
}

/** What looks at a predict body while it arrives; nothing of the request is told by it. */
export const scanPredict = (service: Service, { model, choice }: Target, announcedBytes: number): ArrivingPredictBody =>
  new ArrivingPredictBody(announcedBytes, name => inputsOf(service.registry.resolve(model, choice), name))

/** The answer, ready to send. Rejects with an OutriggerError. */
export async function predict (service: Service, request: FastifyRequest, target: Target, body: Buffer): Promise<Buffer> {
  const scan = request.bodyScan instanceof ArrivingPredictBody ? request.bodyScan : undefined
  if (isLargeBody(body) && scan?.found !== true) return await predictLarge(service, request, target, body)
  let entry: VersionEntry | undefined
  const lookUp: LookUpInputs = name => {
    entry ??= service.registry.resolve(target.model, target.choice)
    request.outcome.model = entry.model
    return inputsOf(entry, name)
  }
  const { signature, format, inputs } = scan === undefined ? readPredictBody(body, lookUp) : scan.read(body, lookUp)
  request.freeBody(inputs)
  // Reading has asked for the inputs, so there is an entry.
  const answering = entry!
  const limits = { deadline: deadlineOf(service, request, target.model), signal: request.callerSignal }
  const outputs = await service.predict(answering, inputs, { signature, ...limits })
  request.freeTensors(inputs)
  const printed = printOutputs(service, { api: 'predict', format }, outputs, limits, () => printPredictions(outputs, format))
  const answer = Buffer.isBuffer(printed) ? printed : await printed
  request.outcome.version = answering.version
  return answer
}

/** The same of a large body. Whether there is such a model is told behind what is wrong with the body's text, as ever. */
async function predictLarge (service: Service, request: FastifyRequest, target: Target, body: Buffer): Promise<Buffer> {
  const entry = found(service, target)
  const inputs = new Map([...entry?.signatures ?? []].map(([name, { inputs }]) => [name, inputs]))
  const refuse = (signature: string): void => { inputsOf(service.registry.resolve(target.model, target.choice), signature) }
  return await answerTarget(service, request, target, { body, entry, as: { api: 'predict', inputs }, refuse })
}

/** The version that a request names; undefined where there is none, which is told later. */
export function found (service: Service, { model, choice }: Target): VersionEntry | undefined {
  try {
    return service.registry.resolve(model, choice)
  } catch { return undefined }
}

/** The answer to a large body of this API. Rejects with an OutriggerError. */
export async function answerTarget (service: Service, request: FastifyRequest, { model }: Target, large: LargeBody): Promise<Buffer> {
  const { entry } = large
  const { outcome } = request
  outcome.model = entry?.model
  request.takeBody()
  const answer = async (): Promise<Buffer> => await answerLarge(service, large, { deadline: deadlineOf(service, request, model), signal: request.callerSignal })
  const text = entry === undefined ? await answer() : await using(entry, answer)
  outcome.version = entry?.version
  return text
}
