// The document's part for TensorFlow Serving's REST: the templated paths, and concrete ones with the schemas of each loaded signature.
import type { VersionEntry } from '../../inference/registry.js'
import { json, parameterRef, schemaRef, type Operation, type Paths, type Schema } from './document-types.js'
import { tensorflowErrors } from './errors.js'
import type { VersionDocument } from './version-document.js'

const text: Schema = { type: 'string' }
const verbs = ['predict', 'classify', 'regress'] as const

export const tensorflowSchemas: Readonly<Record<string, Schema>> = {
  ModelStatus: {
    title: 'ModelStatus', type: 'object', required: ['model_version_status'],
    properties: {
      model_version_status: {
        type: 'array',
        items: {
          type: 'object', required: ['version', 'state', 'status'],
          properties: { version: { type: 'string', pattern: '^\\d+$' }, state: { enum: ['UNKNOWN', 'START', 'LOADING', 'AVAILABLE', 'UNLOADING', 'END'] }, status: { type: 'object', required: ['error_code', 'error_message'], properties: { error_code: text, error_message: text } } }
        }
      }
    }
  },
  ModelMetadata: {
    title: 'ModelMetadata', type: 'object', required: ['model_spec', 'metadata'],
    properties: { model_spec: { type: 'object', properties: { name: text, signature_name: text, version: { type: 'string' } } }, metadata: { type: 'object', properties: { signature_def: { type: 'object' } } } }
  },
  PredictRequest: {
    title: 'PredictRequest',
    anyOf: [
      { title: 'Rows', type: 'object', required: ['instances'], properties: { signature_name: text, instances: { type: 'array', minItems: 1 } } },
      { title: 'Columns', type: 'object', required: ['inputs'], properties: { signature_name: text, inputs: {} } }
    ]
  },
  PredictResponse: {
    title: 'PredictResponse',
    anyOf: [{ title: 'Rows', type: 'object', required: ['predictions'], properties: { predictions: { type: 'array' } } }, { title: 'Columns', type: 'object', required: ['outputs'], properties: { outputs: {} } }]
  },
  ExamplesRequest: {
    title: 'ExamplesRequest', type: 'object', required: ['examples'],
    properties: { signature_name: text, context: { type: 'object' }, examples: { type: 'array', minItems: 1, items: { type: 'object' } } }
  },
  ResultsResponse: { title: 'ResultsResponse', type: 'object', required: ['results'], properties: { results: { type: 'array' } } }
}

const errors = tensorflowErrors(400, 404, 413, 429, 500, 501, 503, 504)
const tags = ['tensorflow-serving']

/** Where a request may name its version: none, a version, a label. */
const targets = [
  { suffix: '', word: '', of: 'the newest version', parameters: [] },
  { suffix: '/versions/{version}', word: 'Version', of: 'one version', parameters: [parameterRef('Version')] },
  { suffix: '/labels/{label}', word: 'Label', of: 'the version with a label', parameters: [parameterRef('Label')] }
]

function templated (paths: Paths): void {
  for (const { suffix, word, of, parameters } of targets) {
    const base = `/v1/models/{model}${suffix}`
    const common = { tags, parameters: [parameterRef('Model'), ...parameters] }
    paths[base] = { get: { operationId: `v1Status${word}`, summary: `Status of ${of}`, ...common, responses: { 200: { description: 'States as the model server tells them.', content: json(schemaRef('ModelStatus')) }, ...errors } } }
    paths[`${base}/metadata`] = { get: { operationId: `v1Metadata${word}`, summary: `Signatures of ${of}`, ...common, responses: { 200: { description: 'The signatures.', content: json(schemaRef('ModelMetadata')) }, ...errors } } }
    for (const verb of verbs) {
      const [request, response] = verb === 'predict' ? ['PredictRequest', 'PredictResponse'] : ['ExamplesRequest', 'ResultsResponse']
      paths[`${base}:${verb}`] = {
        post: {
          operationId: `v1${verb[0].toUpperCase()}${verb.slice(1)}${word}`, summary: `${verb[0].toUpperCase()}${verb.slice(1)} with ${of}`, ...common,
          description: 'As TensorFlow Serving answers it; the handler of the version takes no part.',
          requestBody: { required: true, content: json(schemaRef(request)) },
          responses: { 200: { description: 'The answer.', content: json(schemaRef(response)) }, ...errors }
        }
      }
    }
  }
}

function predict (document: VersionDocument, entry: VersionEntry, summary: string, operationId: string): Operation {
  return {
    operationId, tags, summary,
    requestBody: { required: true, content: json(schemaRef(document.predictRequest), document.predictExamples) },
    responses: { 200: { description: `The answer of version ${entry.version}.`, content: json(schemaRef(document.predictResponse)) }, ...errors }
  }
}

/** Adds the paths under /v1. Concrete ones stand beside the templates: OpenAPI tries them first. */
export function addTensorflowPaths (paths: Paths, versions: readonly VersionDocument[]): void {
  templated(paths)
  for (const document of versions) {
    const { entry, newest, pathName, idWord } = document
    if (!document.hasPredict) continue
    if (newest) paths[`/v1/models/${pathName}:predict`] = { post: predict(document, entry, `Predict with ${entry.model}`, `v1Predict_${idWord.model}`) }
    paths[`/v1/models/${pathName}/versions/${entry.version}:predict`] = { post: predict(document, entry, `Predict with ${entry.model} version ${entry.version}`, `v1Predict_${idWord.version}`) }
  }
}
