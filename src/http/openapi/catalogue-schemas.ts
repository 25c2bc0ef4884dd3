// The schemas of the catalogue and of a model's description.
import { batchingCauses } from '../../inference/batch-proof.js'
import type { Schema } from './document-types.js'

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const version: Schema = { type: 'string', pattern: '^\\d+$', description: 'A 64-bit integer as text.' }

/** What each version's line has. */
const line = {
  version, state: { enum: ['loading', 'available', 'draining', 'failed'] }, reason: { type: 'string', description: 'Why it failed.' },
  labels: { type: 'array', items: text }, format: text, engine: text
}
const lineRequired = ['version', 'state', 'labels', 'format', 'engine']
const versionLine: Schema = { type: 'object', required: [...lineRequired, 'handler'], properties: { ...line, handler: { type: 'boolean', description: 'Whether it has pre- or post-processing of its own.' } } }

const tensors: Schema = {
  type: 'object',
  additionalProperties: {
    type: 'object', required: ['dtype', 'shape'],
    properties: { dtype: { type: 'string', description: "NumPy's word." }, shape: { description: 'null for an unknown rank; a free size is null.', type: ['array', 'null'], items: { type: ['integer', 'null'] } } }
  }
}

const catalogue: Schema = {
  title: 'Catalogue', type: 'object', required: ['models'],
  properties: {
    models: {
      type: 'array',
      items: {
        type: 'object', required: ['name', 'default', 'required', 'available', 'labels', 'versions', 'describe', 'evaluate'],
        properties: { name: text, default: flag, required: flag, available: flag, labels: { type: 'object', additionalProperties: version }, versions: { type: 'array', items: versionLine }, describe: text, evaluate: text }
      }
    }
  }
}

const description: Schema = {
  title: 'Description', type: 'object',
  required: ['name', ...lineRequired, 'checksum', 'latency', 'handler', 'inputs', 'outputs', 'signature', 'signatures', 'batching', 'media_types', 'schema', 'examples', 'versions', 'evaluate'],
  properties: {
    name: text, ...line,
    checksum: { type: ['string', 'null'], description: "sha256 of the servable's files." },
    latency: {
      type: ['object', 'null'], required: ['first_ms', 'warm_ms', 'by'],
      properties: { first_ms: { type: 'number' }, warm_ms: { type: ['number', 'null'] }, by: { enum: ['example', 'generated'], description: 'An example through handler and model, or a generated row through the model alone.' } },
      description: 'What the first request took, and one like it after that, both made before the version went live.'
    },
    handler: { type: ['object', 'null'], required: ['checksum', 'preprocess', 'postprocess'], properties: { checksum: { type: ['string', 'null'] }, preprocess: flag, postprocess: flag } },
    inputs: tensors, outputs: tensors,
    signature: { type: ['string', 'null'], description: 'The one that a request means when it names none.' },
    signatures: { type: 'object', additionalProperties: { type: 'object', required: ['method', 'inputs', 'outputs'], properties: { method: text, inputs: tensors, outputs: tensors } } },
    batching: {
      type: 'object', description: 'By signature: whether requests that come together share a call of the model, and why or why not (docs/batching.md).',
      additionalProperties: { type: 'object', required: ['on', 'cause', 'why'], properties: { on: flag, cause: { enum: batchingCauses }, why: text } }
    },
    media_types: { type: 'array', items: text, description: 'Of the bodies that evaluate takes.' },
    schema: { type: 'object', required: ['request', 'response'], properties: { request: { type: 'object' }, response: { type: 'object' } }, description: 'JSON Schemas of the JSON bodies of evaluate.' },
    examples: { type: 'array', items: { type: 'object', required: ['name', 'request'], properties: { name: text, request: {}, response: {} } } },
    versions: { type: 'array', items: versionLine },
    evaluate: text
  }
}

export const catalogueSchemas: Readonly<Record<string, Schema>> = { Catalogue: catalogue, Description: description }
