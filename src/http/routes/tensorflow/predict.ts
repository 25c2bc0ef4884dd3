// Predict over TensorFlow Serving's REST: body to tensors, model without its handler, tensors to text. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { now } from '../../../clock.js'
import { OutriggerError } from '../../../errors.js'
import { ArrivingPredictBody, readPredictBody, type LookUpInputs } from '../../../tensor/json/predict-body.js'
import { printPredictions } from '../../../tensor/json/predict-response.js'
import type { Inputs } from '../../../tensor/json/predict-request.js'
import type { VersionEntry } from '../../../inference/registry.js'
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
  let entry: VersionEntry | undefined
  const lookUp: LookUpInputs = name => {
    entry ??= service.registry.resolve(target.model, target.choice)
    request.outcome.model = entry.model
    return inputsOf(entry, name)
  }
  const { signature, format, inputs } = request.bodyScan instanceof ArrivingPredictBody ? request.bodyScan.read(body, lookUp) : readPredictBody(body, lookUp)
  request.freeBody(inputs)
  // Reading has asked for the inputs, so there is an entry.
  const answering = entry!
  const outputs = await service.predict(answering, inputs, { signature, deadline: deadlineOf(service, request, target.model), signal: request.callerSignal })
  request.freeTensors(inputs)
  const answer = printPredictions(outputs, format)
  request.outcome.version = answering.version
  return answer
}
