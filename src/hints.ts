// What a person may try next, printed once the models are loaded. Made from the models that are there.
import type { ModelEntry, VersionEntry } from './inference/registry.js'
import { dtypeRow } from './tensor/dtype.js'
import type { TensorInfo } from './tensor/tensor.js'

const live = (model: ModelEntry): VersionEntry | undefined => model.versions.find(({ state }) => state === 'available')

/** A value that the input takes: one element per unknown size. */
function sample ({ dtype, shape }: TensorInfo): unknown {
  const leaf = dtype === 'DT_STRING' ? 'text' : dtype === 'DT_BOOL' ? true : dtypeRow(dtype).short.startsWith('int') || dtypeRow(dtype).short.startsWith('uint') ? 1 : 1.5
  return (shape ?? []).slice(1).reduceRight<unknown>((inner, size) => Array.from({ length: Math.max(1, size) }, () => inner), leaf)
}

/** A predict call for a small signature; undefined where the request would fill the screen. */
function predictHint (url: string, { name }: ModelEntry, { signatures }: VersionEntry): string | undefined {
  const signature = signatures.get('serving_default')
  if (signature === undefined || signature.inputs.size === 0) return undefined
  const inputs = [...signature.inputs].map(([input, info]) => [input, sample(info)] as const)
  const body = JSON.stringify({ instances: [inputs.length === 1 ? inputs[0]![1] : Object.fromEntries(inputs)] })
  return body.length > 200 ? undefined : `  curl -d '${body}' ${url}/v1/models/${encodeURIComponent(name)}:predict`
}

/** Lines for a terminal, each ended. Faults come first: they are what a person must know. */
export function hints (url: string, models: readonly ModelEntry[], faults: readonly { model: string, reason: string }[]): string {
  const failed = [...faults.map(({ model, reason }) => `  ${model}: ${reason}`), ...models.flatMap(({ versions }) => versions).filter(({ state }) => state === 'failed').map(({ model, version, reason }) => `  ${model} version ${version}: ${reason}`)]
  const served = models.filter(model => live(model) !== undefined)
  const calls = served.flatMap(model => predictHint(url, model, live(model)!) ?? []).slice(0, 3)
  return [
    '',
    `Outrigger serves ${served.length === 0 ? 'no model' : served.map(({ name }) => name).join(', ')} at ${url}`,
    ...(failed.length === 0 ? [] : ['Not served:', ...failed]),
    ...(served.length === 0 ? [] : [
      'Try:',
      `  curl ${url}/models`,
      `  curl ${url}/models/${encodeURIComponent(served[0]!.name)}`,
      ...calls,
      `  curl ${url}/health`
    ]),
    `and ${url}/docs in a browser. Ctrl-C ends it.`,
    ''
  ].join('\n') + '\n'
}
