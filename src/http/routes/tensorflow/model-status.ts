// Model status over TensorFlow Serving's REST: what the model server says of a model's versions now. Source: section 11. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { Engine } from '../../../engine/engine.js'
import { codecs, methods } from '../../../grpc/protos.js'
import type { ModelVersionStatus } from '../../../grpc/messages.js'
import type { Service } from '../../service.js'
import { deadlineOf } from './predict.js'
import type { Target } from './url.js'

/** The engines that hold versions of the model: one as a rule, in the order of its versions. */
function enginesOf (service: Service, { model, choice }: Target): Engine[] {
  const versions = service.registry.get(model)?.versions ?? []
  const asked = choice.version === undefined ? undefined : versions.find(entry => entry.version === choice.version)
  return asked !== undefined ? [asked.engine] : [...new Set(versions.map(entry => entry.engine))]
}

/** proto3 JSON of one entry: defaults are printed, an unset message is left out. */
function statusJson ({ version, state, status }: ModelVersionStatus): object {
  return {
    version,
    state,
    ...(status === null || status === undefined ? {} : { status: { error_code: status.error_code, error_message: status.error_message } })
  }
}

function versionsOf (answer: Buffer, model: string): ModelVersionStatus[] {
  try {
    return codecs.getModelStatusResponse.decode(answer).model_version_status
  } catch (error) {
    throw new OutriggerError('MODEL_ANSWER_INVALID', `The model server's status of ${model} cannot be read`, { cause: error, model })
  }
}

/** The text of the answer. A label is not looked at: all versions are told, as TensorFlow Serving does. Rejects with an OutriggerError. */
export async function modelStatus (service: Service, request: FastifyRequest, target: Target): Promise<string> {
  const { model, choice } = target
  const engines = enginesOf(service, target)
  if (engines.length === 0) throw new OutriggerError('MODEL_NOT_FOUND', choice.version === undefined ? `Could not find any versions of model ${model}` : `Could not find version ${choice.version} of model ${model}`, { model })
  request.outcome.model = model
  const spec = { name: model, ...(choice.version === undefined ? {} : { version: { value: choice.version.toString() } }) }
  const message = codecs.getModelStatusRequest.encode({ model_spec: { signature_name: '', ...spec } })
  const options = { deadline: deadlineOf(service, request, model), signal: request.callerSignal, resend: true }
  const answers = await Promise.all(engines.map(engine => engine.call(methods.getModelStatus, message, options)))
  const versions = answers.flatMap(answer => versionsOf(answer, model))
  return `${JSON.stringify({ model_version_status: versions.map(statusJson) }, null, 1)}\n`
}
