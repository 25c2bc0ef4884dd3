// PredictionService and ModelService over the servables: reads a request as far as it must, finds the servable, hands the bytes on. Knows no socket.
import { readModelSpec, type ModelSpec } from '../tensor/proto/predict.js'
import { DELIMITED, Reader, WireError } from '../tensor/proto/wire.js'
import { codecs, methods, signatureDefMapTypeUrl, type Codec } from '../grpc/protos.js'
import { ModelError } from './formats/format.js'
import { INVALID_ARGUMENT, UNIMPLEMENTED } from './status.js'
import type * as m from '../grpc/messages.js'
import type { ModelConfig, VersionPolicy } from '../config/text-proto.js'
import type { Log } from './log.js'
import type { Method, Methods } from './method.js'
import type { Servables, VersionChoice } from './servables.js'
import type { Servable } from './servable.js'
import type { CallMethod } from './worker-messages.js'

const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

/** The ModelSpec of a request whose first field it is, without reading the rest. */
function specOf (request: Buffer): ModelSpec {
  try {
    const reader = new Reader(request)
    let spec: ModelSpec | undefined
    while (reader.next()) {
      if (reader.field === 1 && reader.is(DELIMITED)) spec = readModelSpec(reader.sub())
      else reader.skip()
    }
    if (spec === undefined) throw invalid('Missing ModelSpec')
    return spec
  } catch (cause) {
    throw cause instanceof WireError ? new ModelError(INVALID_ARGUMENT, `The request cannot be read: ${cause.message}`, { cause }) : cause
  }
}

const choiceOf = (spec: m.ModelSpec): VersionChoice => ({
  version: spec.version === null || spec.version === undefined ? undefined : BigInt(spec.version.value),
  label: spec.version_choice === 'version_label' ? spec.version_label : undefined
})

/** A method whose messages are read and written here. */
const cold = <Q, A>(requests: Codec<Q>, answers: Codec<A>, handle: (request: Q) => A | Promise<A>): Method => async bytes => {
  let request: Q
  try {
    request = requests.decode(bytes)
  } catch (cause) {
    throw new ModelError(INVALID_ARGUMENT, `The request cannot be read: ${(cause as Error).message}`, { cause })
  }
  return answers.encode(await handle(request))
}

/** Hands a call's bytes to the servable's worker and its answer's bytes back. */
const inWorker = (servables: Servables, method: CallMethod): Method => (request, call) => {
  const { name, version, versionLabel } = specOf(request)
  return servables.resolve(name, { version, label: versionLabel }).call(method, request, call)
}

/** Answered until the workers can do it. */
const notYet = (what: string): Method => () => {
  throw new ModelError(UNIMPLEMENTED, `${what} is not implemented by the embedded model server; use Predict, Classify or Regress`)
}

function metadata (servables: Servables, { model_spec: spec, metadata_field: fields }: m.GetModelMetadataRequest): m.GetModelMetadataResponse {
  if (spec === null || spec === undefined) throw invalid('Missing ModelSpec')
  if (fields.length === 0) throw invalid('GetModelMetadataRequest must specify at least one metadata_field')
  for (const field of fields) if (field !== 'signature_def') throw invalid(`Metadata field ${field} is not supported`)
  const servable = servables.resolve(spec.name, choiceOf(spec))
  return {
    model_spec: { name: servable.model, version: { value: String(servable.version) } },
    metadata: { signature_def: { type_url: signatureDefMapTypeUrl, value: Buffer.from(servable.signatureDefMap) } }
  }
}

const versionStatus = (servable: Servable): m.ModelVersionStatus => ({
  version: String(servable.version),
  state: servable.state,
  status: { error_code: servable.errorCode, error_message: servable.error?.message ?? '' }
})

function status (servables: Servables, { model_spec: spec }: m.GetModelStatusRequest): m.GetModelStatusResponse {
  if (spec === null || spec === undefined) throw invalid('Missing ModelSpec')
  return { model_version_status: servables.statuses(spec.name, choiceOf(spec)).map(versionStatus) }
}

function policyOf (policy: m.ServableVersionPolicy | null | undefined): VersionPolicy {
  if (policy?.policy_choice === 'all') return { kind: 'all' }
  if (policy?.policy_choice === 'specific') return { kind: 'specific', versions: (policy.specific?.versions ?? []).map(BigInt) }
  return { kind: 'latest', count: Math.max(1, policy?.latest?.num_versions ?? 1) }
}

const configOf = ({ name, base_path: basePath, model_version_policy: policy, version_labels: labels }: m.ModelConfig): ModelConfig =>
  ({ name, basePath, policy: policyOf(policy), labels: new Map(Object.entries(labels ?? {}).map(([label, version]) => [label, BigInt(version)])) })

async function reload (servables: Servables, log: Log, { config }: m.ReloadConfigRequest): Promise<m.ReloadConfigResponse> {
  if (config?.config !== 'model_config_list') throw invalid('ModelServerConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported')
  try {
    await servables.reload((config.model_config_list?.config ?? []).map(configOf))
  } catch (error) {
    log('E', 'services.ts', `ReloadConfig failed: ${(error as Error).message}`)
    throw error
  }
  return { status: { error_code: 0, error_message: '' } }
}

/** The methods of PredictionService and ModelService by their full names. They answer in TensorFlow Serving's statuses and words. */
export const services = (servables: Servables, log: Log): Methods => new Map([
  [methods.predict, inWorker(servables, 'predict')],
  [methods.classify, inWorker(servables, 'classify')],
  [methods.regress, inWorker(servables, 'regress')],
  [methods.multiInference, notYet('MultiInference')],
  [methods.getModelMetadata, cold(codecs.getModelMetadataRequest, codecs.getModelMetadataResponse, request => metadata(servables, request))],
  [methods.getModelStatus, cold(codecs.getModelStatusRequest, codecs.getModelStatusResponse, request => status(servables, request))],
  [methods.handleReloadConfig, cold(codecs.reloadConfigRequest, codecs.reloadConfigResponse, async request => await reload(servables, log, request))]
])
