// The document's part for the contract routes: health, version, metrics, shutdown, the document itself.
import { json, parameterRef, schemaRef, type Operation, type Paths, type Schema } from './document-types.js'
import { problems } from './errors.js'

/** Written out: the journal's own list is a value of another folder, and a test holds the two together. */
export const changeKinds = ['start', 'drain', 'version-live', 'version-failed', 'version-removed', 'files-changed', 'label-moved', 'reload', 'setting-changed', 'setting-waiting', 'settings-refused', 'engine-restart', 'engine-replaced', 'engine-replace-failed'] as const

const text: Schema = { type: 'string' }
const when: Schema = { type: 'string', format: 'date-time' }
const version: Schema = { type: 'string', pattern: '^\\d+$' }

const partSchema: Schema = { type: 'object', required: ['ok', 'state'], properties: { ok: { type: 'boolean' }, state: text, reason: text } }

export const serviceSchemas: Readonly<Record<string, Schema>> = {
  Health: {
    title: 'Health',
    type: 'object',
    required: ['status', 'ready', 'models', 'failed', 'engines'],
    properties: {
      status: { enum: ['ready', 'loading', 'not-ready', 'draining', 'failed'] },
      ready: { type: 'boolean' },
      reason: { type: 'string', description: 'What keeps the service from being ready.' },
      models: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'required', 'ready', 'versions'],
          properties: {
            name: text, required: { type: 'boolean' }, ready: { type: 'boolean' }, reason: text,
            versions: {
              type: 'array',
              items: {
                type: 'object',
                required: ['version', 'ready', 'state', 'parts'],
                properties: {
                  version, ready: { type: 'boolean' }, state: { enum: ['loading', 'available', 'draining', 'failed'] },
                  parts: { type: 'object', required: ['engine', 'servable', 'handler'], properties: { engine: partSchema, servable: partSchema, handler: partSchema } }
                }
              }
            }
          }
        }
      },
      failed: { description: 'Loads that failed, also beside versions that serve.', type: 'array', items: { type: 'object', required: ['model', 'required', 'reason'], properties: { model: text, version, required: { type: 'boolean' }, reason: text } } },
      engines: { type: 'array', items: { type: 'object', required: ['kind', 'state', 'since', 'restarts', 'replacements'], properties: { kind: text, state: { enum: ['starting', 'running', 'unresponsive', 'restarting', 'failed', 'stopped'] }, since: when, restarts: { type: 'integer', minimum: 0 }, reason: text, replacements: { type: 'object', required: ['completed', 'failed'], properties: { completed: { type: 'integer', minimum: 0 }, failed: { type: 'integer', minimum: 0 }, failure: text } } } } }
    }
  },
  Change: {
    title: 'Change',
    type: 'object',
    required: ['id', 'at', 'what', 'by'],
    properties: {
      id: { type: 'integer', minimum: 1 }, at: when, what: { enum: [...changeKinds] }, model: text, setting: { type: 'string', description: 'The key in the settings file.' },
      from: { type: ['string', 'null'], description: 'What it was: a version, a state, or a value.' }, to: { type: ['string', 'null'] }, by: text, reason: text
    }
  },
  Liveness: { title: 'Liveness', type: 'object', required: ['status', 'phase'], properties: { status: { enum: ['alive', 'failed'] }, phase: { enum: ['loading', 'serving', 'draining', 'failed'] }, reason: text } },
  Version: {
    title: 'Version',
    type: 'object',
    required: ['service', 'version', 'commit', 'built_at', 'node', 'engines', 'models'],
    properties: {
      service: { const: 'outrigger' }, version: text, commit: { type: ['string', 'null'] }, built_at: { type: ['string', 'null'], format: 'date-time' }, node: text,
      engines: { type: 'array', items: { type: 'object', required: ['kind', 'version'], properties: { kind: text, version: { type: ['string', 'null'] } } } },
      models: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'labels', 'versions'],
          properties: {
            name: text, labels: { type: 'object', additionalProperties: version },
            versions: { type: 'array', items: { type: 'object', required: ['version', 'state', 'format', 'engine', 'checksum', 'handler_checksum'], properties: { version, state: text, format: text, engine: text, checksum: { type: ['string', 'null'] }, handler_checksum: { type: ['string', 'null'] } } } }
          }
        }
      }
    }
  }
}

const health = (operationId: string, summary: string): Paths[string] => ({
  get: {
    operationId, summary, tags: ['contract'],
    description: 'Ready only if every required model has a version that is AVAILABLE in its model server with its handler loaded. Never waits for a model.',
    responses: {
      200: { description: 'Ready.', content: json(schemaRef('Health')) },
      503: { description: 'Not ready; the body says why, per model and part.', content: json(schemaRef('Health')) }
    }
  }
})

const closed = 'Closed unless the service was started with --allow-local-admin (then open to callers on the same machine) or is called through its admin socket.'

/** PUT beside the GET of the same path. */
export const moveLabel: Operation = {
  operationId: 'moveLabel', summary: 'Move a label', tags: ['contract'], parameters: [parameterRef('Model'), parameterRef('Label')],
  description: `Moves the label to a version that is available, at once for all requests; kept across restarts where the service has a data directory, until model.yaml says something new of the label. ${closed}`,
  requestBody: { required: true, content: json({ type: 'object', required: ['version'], properties: { version } }, { three: { summary: 'To version 3', value: { version: '3' } } }) },
  responses: { 200: { description: 'It is moved.', content: json({ type: 'object', required: ['model', 'label', 'version', 'from'], properties: { model: text, label: text, version, from: { type: ['string', 'null'] } } }) }, ...problems(400, 403, 404, 413, 503) }
}

export const servicePaths: Paths = {
  '/health': health('health', 'Whether a prediction can be made now'),
  '/health/ready': health('healthReady', 'The same as /health'),
  '/health/live': {
    get: {
      operationId: 'healthLive', summary: 'Whether the service itself lives', tags: ['contract'],
      description: 'Stays 200 while models load, while it drains and while a model server restarts; 503 only when it cannot recover.',
      responses: { 200: { description: 'Alive.', content: json(schemaRef('Liveness')) }, 503: { description: 'Beyond recovery.', content: json(schemaRef('Liveness')) } }
    }
  },
  '/metrics': {
    get: {
      operationId: 'metrics', summary: 'Metrics for Prometheus', tags: ['contract'],
      responses: { 200: { description: 'The text format 0.0.4, or OpenMetrics where Accept asks for it.', content: { 'text/plain': { schema: text }, 'application/openmetrics-text': { schema: text } } } }
    }
  },
  '/version': { get: { operationId: 'version', summary: 'What exactly runs here', tags: ['contract'], responses: { 200: { description: 'Service, engines, models, checksums.', content: json(schemaRef('Version')) } } } },
  '/openapi.json': { get: { operationId: 'openapi', summary: 'This document', tags: ['contract'], responses: { 200: { description: 'OpenAPI 3.1, made from the models that are loaded now.', content: json({ type: 'object' }) } } } },
  '/changes': {
    get: {
      operationId: 'changes', summary: 'What changed, newest first', tags: ['contract'],
      description: 'The change journal: what, when, from what to what, by whom. Kept across restarts where the service has a data directory.',
      parameters: [{ name: 'limit', in: 'query', description: 'At most so many; 100 unless given.', schema: { type: 'integer', minimum: 1, maximum: 1000 } }],
      responses: { 200: { description: 'The changes.', content: json({ type: 'object', required: ['changes'], properties: { changes: { type: 'array', items: schemaRef('Change') } } }) }, ...problems(400) }
    }
  },
  '/models/{model}/reload': {
    post: {
      operationId: 'reloadModel', summary: 'Look at a model\'s folder now', tags: ['contract'], parameters: [parameterRef('Model')],
      description: `Takes what is there without waiting for it to come to rest, and tries failed versions again. What came of it stands in /changes. ${closed}`,
      responses: { 202: { description: 'It is looked at.', content: json({ type: 'object', required: ['status', 'model'], properties: { status: { const: 'reloading' }, model: text } }) }, ...problems(403, 404, 413) }
    }
  },
  '/engines/{engine}/replace': {
    post: {
      operationId: 'replaceEngine', summary: 'Replace a model server', tags: ['contract'],
      parameters: [{ name: 'engine', in: 'path', required: true, description: 'The kind of the model server.', schema: { enum: ['tensorflow', 'embedded'] } }],
      description: `Starts another one beside it, which takes over once it serves all that the old one serves; no request fails. If it does not come up, the old one serves on. What came of it stands in /changes and /health. While one is under way, a second call adds nothing. ${closed}`,
      responses: { 202: { description: 'It is being replaced.', content: json({ type: 'object', required: ['status', 'engine'], properties: { status: { const: 'replacing' }, engine: text } }) }, ...problems(403, 404, 413) }
    }
  },
  '/shutdown': {
    post: {
      operationId: 'shutdown', summary: 'End the service', tags: ['contract'],
      description: closed,
      requestBody: { required: true, content: json({ type: 'object', required: ['mode'], properties: { mode: { enum: ['graceful', 'force'] } } }, { graceful: { summary: 'Finish what is under way', value: { mode: 'graceful' } } }) },
      responses: {
        202: { description: 'It ends.', content: json({ type: 'object', required: ['status', 'mode'], properties: { status: { const: 'shutting-down' }, mode: { enum: ['graceful', 'force'] } } }) },
        ...problems(400, 403, 413)
      }
    }
  }
}
