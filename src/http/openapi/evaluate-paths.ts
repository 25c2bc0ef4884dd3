// The document's part for our own API: the catalogue, describe, evaluate; templated, and concrete with the schemas of each loaded version.
import { json, parameterRef, schemaRef, type Content, type MediaType, type Operation, type Paths, type Response, type Schema } from './document-types.js'
import { problems } from './errors.js'
import type { VersionDocument } from './version-document.js'

const tags = ['models']
const text: Schema = { type: 'string' }
const usual = [parameterRef('Signature'), parameterRef('SignatureHeader'), parameterRef('Shape'), parameterRef('RequestTimeout')]

const errors = problems(400, 404, 413, 415, 422, 429, 500, 501, 503, 504)

const answered: Response['headers'] = { 'outrigger-model-version': { description: 'The version that answered.', schema: { type: 'string', pattern: '^\\d+$' } } }

const targets = [
  { suffix: '', word: '', of: 'a model', parameters: [] },
  { suffix: '/versions/{version}', word: 'Version', of: 'one version of a model', parameters: [parameterRef('Version')] },
  { suffix: '/labels/{label}', word: 'Label', of: 'the version of a model with a label', parameters: [parameterRef('Label')] }
]

const anyBody: Content = { 'application/json': { schema: {} }, 'image/png': {}, 'image/jpeg': {}, 'multipart/form-data': { schema: { type: 'object' } }, 'text/plain': { schema: text }, 'application/octet-stream': {} }
const anyAnswer: Content = { 'application/json': { schema: {} }, '*/*': {} }

const evaluateTemplate = (operationId: string, summary: string, parameters: Operation['parameters']): Paths[string] => ({
  post: {
    operationId, tags, summary, parameters: [...parameters ?? [], ...usual],
    description: "With the version's handler; without one, tensors by name, or the plain form for one instance.",
    requestBody: { required: true, content: anyBody },
    responses: { 200: { description: 'The answer.', headers: answered, content: anyAnswer }, ...errors }
  }
})

const describeTemplate = (operationId: string, summary: string, parameters: Operation['parameters']): Paths[string] => ({
  get: { operationId, tags, summary, ...(parameters === undefined ? {} : { parameters }), responses: { 200: { description: 'Inputs, outputs, formats, checksums, examples.', content: json(schemaRef('Description')) }, ...problems(400, 404, 503) } }
})

function templated (paths: Paths): void {
  paths['/models'] = { get: { operationId: 'models', tags, summary: 'What is served', responses: { 200: { description: 'Names, versions, labels, formats, engines, states.', content: json(schemaRef('Catalogue')) }, ...problems(503) } } }
  for (const { suffix, word, of, parameters } of targets) {
    const path = `/models/{model}${suffix}`
    paths[path] = describeTemplate(`describe${word}`, `Describe ${of}`, [parameterRef('Model'), ...parameters])
    paths[`${path}/evaluate`] = evaluateTemplate(`evaluate${word}`, `Evaluate ${of}`, [parameterRef('Model'), ...parameters])
  }
  paths['/describe'] = describeTemplate('describeDefault', 'Describe the default model', undefined)
  paths['/evaluate'] = evaluateTemplate('evaluateDefault', 'Evaluate the default model', [])
}

function requestContent ({ evaluateRequests, evaluateExamples }: VersionDocument): Content {
  return Object.fromEntries(Object.entries(evaluateRequests).map(([mediaType, name]): [string, MediaType] => [
    mediaType,
    mediaType === 'application/json' ? json(schemaRef(name), evaluateExamples)[mediaType] : { schema: schemaRef(name) }
  ]))
}

function evaluate (document: VersionDocument, summary: string, operationId: string): Paths[string] {
  const answer = { ...json(schemaRef(document.evaluateResponse)), ...(document.anyAnswer ? { '*/*': {} } : {}) }
  return {
    post: {
      operationId, tags, summary, parameters: usual,
      requestBody: { required: true, content: requestContent(document) },
      responses: { 200: { description: `The answer of version ${document.entry.version}.`, headers: answered, content: answer }, ...errors }
    }
  }
}

/** Adds the paths of our own API. `defaultModel` is the model behind /evaluate, if there is one. */
export function addEvaluatePaths (paths: Paths, versions: readonly VersionDocument[], defaultModel: string | undefined): void {
  templated(paths)
  for (const document of versions) {
    const { entry, newest, pathName, idWord } = document
    if (newest) paths[`/models/${pathName}/evaluate`] = evaluate(document, `Evaluate ${entry.model}`, `evaluate_${idWord.model}`)
    if (newest && entry.model === defaultModel) paths['/evaluate'] = evaluate(document, `Evaluate ${entry.model}, the default model`, 'evaluateDefault')
    paths[`/models/${pathName}/versions/${entry.version}/evaluate`] = evaluate(document, `Evaluate ${entry.model} version ${entry.version}`, `evaluate_${idWord.version}`)
  }
}
