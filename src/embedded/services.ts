// PredictionService and ModelService over the servables: reads a request as far as it must, finds the servable, hands the bytes on. Knows no socket.
import { readModelSpec, type ModelSpec } from '../tensor/proto/predict.js'
import { DELIMITED, Reader, WireError } from '../tensor/proto/wire.js'
import { serviceDefinition, signatureDefMapTypeUrl } from '../grpc/protos.js'
import { ModelError } from './formats/format.js'
import { CANCELLED, INTERNAL, INVALID_ARGUMENT, UNIMPLEMENTED } from './status.js'
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type * as m from '../grpc/messages.js'
import type { ModelConfig, VersionPolicy } from '../config/text-proto.js'
import type { Log } from './log.js'
import type { Servables, VersionChoice } from './servables.js'
import type { Servable } from './servable.js'
import type { CallMethod } from './worker-messages.js'

/** What a call may take whose caller set no deadline. */
const defaultDeadlineMs = 10 * 60_000

/** The real server cuts its messages here: headers have a limit. */
const maxMessageBytes = 1024

const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

/** An error as grpc-js sends it. */
function statusOf (error: unknown): { code: number, details: string } {
  const known = error instanceof ModelError ? error : new ModelError(INTERNAL, error instanceof Error ? error.message : String(error))
  const bytes = Buffer.from(known.message)
  const details = bytes.length <= maxMessageBytes ? known.message : `${bytes.subarray(0, maxMessageBytes).toString().replace(/\uFFFD+$/, '')}...TRUNCATED`
  return { code: known.status, details }
}

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

function deadlineOf (call: ServerUnaryCall<unknown, unknown>): number {
  const deadline = call.getDeadline()
  const at = deadline instanceof Date ? deadline.getTime() : deadline
  return Number.isFinite(at) ? at : Date.now() + defaultDeadlineMs
}

type Unary<Q, A> = (call: ServerUnaryCall<Q, A>, callback: sendUnaryData<A>) => void

/** An async function as grpc-js wants a handler. */
const unary = <Q, A>(handle: (request: Q, call: ServerUnaryCall<Q, A>) => A | Promise<A>): Unary<Q, A> => (call, callback) => {
  void (async () => await handle(call.request, call))().then(answer => callback(null, answer), error => callback(statusOf(error)))
}

/** Hands a call's bytes to the servable's worker and its answer's bytes back. */
const inWorker = (servables: Servables, method: CallMethod): Unary<Buffer, Buffer> => unary(async (request, call) => {
  const { name, version, versionLabel } = specOf(request)
  const servable = servables.resolve(name, { version, label: versionLabel })
  const left = new AbortController()
  call.on('cancelled', () => left.abort())
  const answer = await servable.call(method, request, deadlineOf(call), left.signal)
  if (call.cancelled) throw new ModelError(CANCELLED, 'The caller left')
  return Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
})

/** Answered until the workers can do it. */
const notYet = (what: string): Unary<Buffer, Buffer> => unary(() => {
  throw new ModelError(UNIMPLEMENTED, `${what} is not implemented by the embedded model server; use Predict, Classify or Regress`)
})

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

/** The services with their definitions, for Server.addService. Answers in TensorFlow Serving's statuses and words. */
export function services (servables: Servables, log: Log): readonly { definition: ServiceDefinition, implementation: UntypedServiceImplementation }[] {
  return [
    {
      definition: serviceDefinition('PredictionService', ['Predict', 'Classify', 'Regress', 'MultiInference']),
      implementation: {
        Predict: inWorker(servables, 'predict'),
        Classify: inWorker(servables, 'classify'),
        Regress: inWorker(servables, 'regress'),
        MultiInference: notYet('MultiInference'),
        GetModelMetadata: unary((request: m.GetModelMetadataRequest) => metadata(servables, request))
      }
    },
    {
      definition: serviceDefinition('ModelService'),
      implementation: {
        GetModelStatus: unary((request: m.GetModelStatusRequest) => status(servables, request)),
        HandleReloadConfigRequest: unary(async (request: m.ReloadConfigRequest) => await reload(servables, log, request))
      }
    }
  ]
}
