// What describe says of a model and of one of its versions. Pure; examples and the state of batching are handed in.
import type { BatchingState } from '../../../inference/batch-proof.js'
import type { ModelEntry, VersionEntry } from '../../../inference/registry.js'
import { dtypeRow } from '../../../tensor/dtype.js'
import type { Signature, TensorInfo } from '../../../tensor/tensor.js'
import { evaluateSchemas, usualSignature } from '../evaluate/schema.js'

export interface Example { readonly name: string, readonly request: unknown, readonly response: unknown }

/** A free size is null; an unknown rank is a null instead of the list. */
const tensorsOf = (infos: ReadonlyMap<string, TensorInfo>): object =>
  Object.fromEntries([...infos].map(([name, { dtype, shape }]) => [name, { dtype: dtypeRow(dtype).numpy, shape: shape?.map(size => size < 0 ? null : size) ?? null }]))

const signatureOf = ({ methodName, inputs, outputs }: Signature): object => ({ method: methodName, inputs: tensorsOf(inputs), outputs: tensorsOf(outputs) })

const labelsOf = ({ labels }: ModelEntry, { version }: VersionEntry): string[] => [...labels].filter(([, labelled]) => labelled === version).map(([label]) => label).sort()

/** The line of a version in lists. */
export const versionLine = (model: ModelEntry, entry: VersionEntry): object => ({
  version: entry.version.toString(),
  state: entry.state,
  ...(entry.reason === undefined ? {} : { reason: entry.reason }),
  labels: labelsOf(model, entry),
  format: entry.format,
  engine: entry.engine.kind,
  handler: entry.handler !== undefined
})

/** One model of the catalogue. */
export const modelLine = (model: ModelEntry, defaultModel: string | undefined): object => ({
  name: model.name,
  default: model.name === defaultModel,
  required: model.required,
  available: model.versions.some(({ state }) => state === 'available'),
  labels: Object.fromEntries([...model.labels].sort().map(([label, version]) => [label, version.toString()])),
  versions: model.versions.map(entry => versionLine(model, entry)),
  describe: `/models/${encodeURIComponent(model.name)}`,
  evaluate: `/models/${encodeURIComponent(model.name)}/evaluate`
})

export interface DescribedParts { readonly examples: readonly Example[], readonly batching: ReadonlyMap<string, BatchingState> }

/** All that a caller needs to use one version: inputs, outputs, schemas, examples; and where it stands among the others. */
export function describeVersion (model: ModelEntry, entry: VersionEntry, { examples, batching }: DescribedParts): object {
  const usual = usualSignature(entry)
  const schemas = evaluateSchemas(entry)
  const path = `/models/${encodeURIComponent(model.name)}`
  const loaded = entry.signatures.size > 0
  return {
    name: model.name,
    ...versionLine(model, entry),
    checksum: entry.checksum ?? null,
    latency: entry.latency === undefined ? null : { first_ms: entry.latency.firstMs, warm_ms: entry.latency.warmMs ?? null, by: entry.latency.by },
    handler: entry.handler === undefined ? null : { checksum: entry.handlerChecksum ?? null, preprocess: entry.handler.description.preprocess, postprocess: entry.handler.description.postprocess },
    inputs: usual === undefined ? {} : tensorsOf(usual.inputs),
    outputs: usual === undefined ? {} : tensorsOf(usual.outputs),
    signature: usual?.name ?? null,
    signatures: Object.fromEntries([...entry.signatures].map(([name, signature]) => [name, signatureOf(signature)])),
    batching: Object.fromEntries(batching),
    media_types: loaded ? Object.keys(schemas.request) : [],
    schema: { request: loaded ? schemas.request['application/json'] ?? {} : {}, response: loaded ? schemas.response : {} },
    examples: examples.map(({ name, request, response }) => ({ name, request, ...(response === undefined ? {} : { response }) })),
    versions: model.versions.map(one => versionLine(model, one)),
    evaluate: `${path}/versions/${entry.version}/evaluate`
  }
}
