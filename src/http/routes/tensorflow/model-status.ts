// Model status over TensorFlow Serving's REST: what the model server says of a model's versions now. Source: section 11. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { Engine } from '../../../engine/engine.js'
import { codecs, methods } from '../../../grpc/protos.js'
import type { ModelVersionStatus } from '../../../grpc/messages.js'
import { servableName } from '../../../inference/registry.js'
import type { Service } from '../../service.js'
import { deadlineOf } from './predict.js'
import type { Target } from './url.js'

/** A name that an engine knows versions of the model by. */
interface Place { readonly engine: Engine, readonly name: string }

/** Where versions of the model are: in one place as a rule, in the order of its versions. */
function placesOf (service: Service, { model, choice }: Target): Place[] {
  const versions = service.registry.get(model)?.versions ?? []
  const asked = versions.find(entry => entry.version === choice.version)
  const places = (asked !== undefined ? [asked] : versions).map(entry => ({ engine: entry.engine, name: servableName(entry) }))
  return places.filter(({ engine, name }, i) => places.findIndex(one => one.engine === engine && one.name === name) === i)
}

/** Whether this place tells of the version: the one that it is served from, any of one that is served no more. */
function tellsOf ({ engine, name }: Place, version: string, service: Service, model: string): boolean {
  const entry = service.registry.get(model)?.versions.find(one => one.version.toString() === version)
  return entry === undefined || (entry.engine === engine && servableName(entry) === name)
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
  const places = placesOf(service, target)
  if (places.length === 0) throw new OutriggerError('MODEL_NOT_FOUND', choice.version === undefined ? `Could not find any versions of model ${model}` : `Could not find version ${choice.version} of model ${model}`, { model })
  request.outcome.model = model
  const options = { deadline: deadlineOf(service, request, model), signal: request.callerSignal, resend: true }
  const versions = (await Promise.all(places.map(async place => {
    const spec = { name: place.name, ...(choice.version === undefined ? {} : { version: { value: choice.version.toString() } }) }
    const message = codecs.getModelStatusRequest.encode({ model_spec: { signature_name: '', ...spec } })
    const told = versionsOf(await place.engine.call(methods.getModelStatus, message, options), model)
    return places.length === 1 ? told : told.filter(({ version }) => tellsOf(place, String(version), service, model))
  }))).flat()
  return `${JSON.stringify({ model_version_status: versions.map(statusJson) }, null, 1)}\n`
}
