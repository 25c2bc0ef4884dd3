// Builds the OpenAPI 3.1 document of a running service: the fixed routes, and what the models say that are loaded now. Pure.
import type { ModelEntry, VersionEntry } from '../../inference/registry.js'
import type { OpenApiDocument, Parameter, Paths, Schema } from './document-types.js'
import { errorResponses, errorSchemas } from './errors.js'
import { catalogueSchemas } from './catalogue-schemas.js'
import { addEvaluatePaths } from './evaluate-paths.js'
import type { GoldenCase } from './examples.js'
import { moveLabel, servicePaths, serviceSchemas } from './service-paths.js'
import { addTensorflowPaths, tensorflowSchemas } from './tensorflow-paths.js'
import { versionDocument, type EvaluateSchemas } from './version-document.js'

export interface DocumentInput {
  /** Version of the service. */
  readonly version: string
  readonly models: readonly ModelEntry[]
  /** The model behind /evaluate and /describe. */
  readonly defaultModel: string | undefined
  readonly evaluateSchemas: (entry: VersionEntry) => EvaluateSchemas
  readonly examples: (entry: VersionEntry) => readonly GoldenCase[]
}

/** Versions of one model that get paths of their own; the templates cover the rest. */
const maxVersions = 20

/** None has an example: the page would send it with every try, a time limit too. */
const parameters: Readonly<Record<string, Parameter>> = {
  Model: { name: 'model', in: 'path', required: true, description: 'Name of a served model.', schema: { type: 'string' } },
  Version: { name: 'version', in: 'path', required: true, description: 'A 64-bit integer.', schema: { type: 'string', pattern: '^\\d+$' } },
  Label: { name: 'label', in: 'path', required: true, description: 'A movable name for a version.', schema: { type: 'string' } },
  Signature: { name: 'signature', in: 'query', description: 'Name of the signature; the default one unless given.', schema: { type: 'string' } },
  SignatureHeader: { name: 'outrigger-signature', in: 'header', description: 'The same as the query parameter, which wins.', schema: { type: 'string' } },
  Shape: { name: 'outrigger-shape', in: 'header', description: 'Sizes of the tensor of an application/octet-stream body, where more than the batch is free, such as 1,28,28.', schema: { type: 'string', pattern: '^\\d+(,\\s*\\d+)*$' } },
  RequestTimeout: { name: 'x-request-timeout-ms', in: 'header', description: "Lowers the time limit of this request, in milliseconds; it never raises the service's. Anything but a whole number above 0 is ignored.", schema: { type: 'string' } }
}

export function buildDocument (input: DocumentInput): OpenApiDocument {
  const versions = input.models.flatMap(model => model.versions
    .filter(entry => entry.state === 'available')
    .slice(0, maxVersions)
    .map(entry => versionDocument(model, entry, input.evaluateSchemas(entry), input.examples(entry))))
  const paths: Paths = {}
  addEvaluatePaths(paths, versions, input.defaultModel)
  addTensorflowPaths(paths, versions)
  Object.assign(paths, servicePaths)
  paths['/models/{model}/labels/{label}'] = { ...paths['/models/{model}/labels/{label}'], put: moveLabel }
  const schemas: Record<string, Schema> = { ...errorSchemas, ...serviceSchemas, ...catalogueSchemas, ...tensorflowSchemas }
  for (const version of versions) Object.assign(schemas, version.schemas)
  const used = JSON.stringify(paths)
  const responses = Object.fromEntries(Object.entries(errorResponses).filter(([name]) => used.includes(`"#/components/responses/${name}"`)))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Outrigger', version: input.version, summary: 'Models as microservices.',
      description: 'Describe and evaluate models over REST, with the versioned pre- and post-processing that belongs to them, or directly as TensorFlow Serving does.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' }
    },
    servers: [{ url: '/', description: 'This service.' }],
    security: [],
    tags: [
      { name: 'models', description: "What is served, and evaluation with the versions' handlers." },
      { name: 'tensorflow-serving', description: "TensorFlow Serving's REST, a drop-in: tensors in, tensors out." },
      { name: 'contract', description: 'Health, metrics, version, shutdown: the same on every service.' }
    ],
    paths,
    components: { schemas, responses, parameters }
  }
}
