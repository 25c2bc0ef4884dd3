// Classify and regress over TensorFlow Serving's REST: examples to the model server's own calls and back. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { printClassifications, printRegressions, readInput } from '../../../tensor/json/examples.js'
import { parseJson } from '../../../tensor/json/parse.js'
import { checkTopLevel, signatureName } from '../../../tensor/json/predict-request.js'
import { readClassificationResponse, readRegressionResponse, writeExamplesRequest } from '../../../tensor/proto/examples.js'
import { WireError } from '../../../tensor/proto/wire.js'
import { OutriggerError } from '../../../errors.js'
import { using } from '../../../inference/lease.js'
import { servableName } from '../../../inference/registry.js'
import { isLargeBody } from '../../large-answer.js'
import type { Service } from '../../service.js'
import { answerTarget, deadlineOf, found } from './predict.js'
import type { Target } from './url.js'

const calls = {
  classify: {
    path: '/tensorflow.serving.PredictionService/Classify',
    print: (answer: Buffer) => printClassifications(readClassificationResponse(answer))
  },
  regress: {
    path: '/tensorflow.serving.PredictionService/Regress',
    print: (answer: Buffer) => printRegressions(readRegressionResponse(answer))
  }
} as const

/** The answer's text, or its bytes. The whole body is translated before the model is looked up. Rejects with an OutriggerError. */
export async function runExamples (service: Service, request: FastifyRequest, target: Target & { api: 'classify' | 'regress' }, body: Buffer): Promise<string | Buffer> {
  if (isLargeBody(body)) {
    const { api } = target
    return await answerTarget(service, request, target, { body, entry: found(service, target), as: { api }, path: calls[api].path, refuse: () => { service.registry.resolve(target.model, target.choice) } })
  }
  const document = parseJson(body)
  checkTopLevel(document)
  const signature = signatureName(document)
  const input = readInput(document)
  const entry = service.registry.resolve(target.model, target.choice)
  request.outcome.model = entry.model
  const { path, print } = calls[target.api]
  const message = writeExamplesRequest({ name: servableName(entry), version: entry.version, signatureName: signature }, input)
  const options = { deadline: deadlineOf(service, request, target.model), signal: request.callerSignal, resend: entry.mayResend(signature) }
  const answer = await using(entry, async () => await entry.engine.call(path, message, options))
  try {
    const text = print(answer)
    request.outcome.version = entry.version
    return text
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new OutriggerError('MODEL_ANSWER_INVALID', `The model's answer cannot be read: ${error.message}`, { cause: error, model: entry.model, version: entry.version })
  }
}
