// TensorFlow Serving's REST under /v1/: one route for all methods, whose raw URL is parsed by url.ts (router patterns know neither encoded `:` and `/` nor the letter case).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { BodyScan } from '../../plugins/raw-body.js'
import { sendBytes } from '../../send-bytes.js'
import type { Service } from '../../service.js'
import { inflateBody } from './body.js'
import { runExamples } from './classify.js'
import { modelMetadata } from './model-metadata.js'
import { modelStatus } from './model-status.js'
import { predict, scanPredict } from './predict.js'
import { readTarget, type Target } from './url.js'

export interface TensorflowOptions {
  readonly service: Service
  /** Most bytes that a compressed body may inflate to. */
  readonly inflateLimit: number
}

/** Answers OPTIONS: 200 when the origin is one of the web, else 400, both without a body. The headers of section 10 come from plugins/cors.ts. */
function answerPreflight (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(/https?:\/\//.test(request.headers.origin ?? '') ? 200 : 400).send()
}

/** Errors are answered by the error handler of the whole server, which knows this API's form by its path. */
export default async function tensorflow (app: FastifyInstance, options: TensorflowOptions): Promise<void> {
  const { service, inflateLimit } = options

  app.addHook('onRequest', (request, _reply, done) => {
    request.outcome.api = 'tensorflow'
    // TensorFlow Serving never looks at it; Fastify refuses one that is no media type. (Not taken away: V8 is slow with objects that lost a property.)
    const { headers } = request.raw
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json'
    done()
  })

  async function answer (request: FastifyRequest): Promise<string | Buffer> {
    const { method, url = '/' } = request.raw
    if (method === 'TRACE') throw new OutriggerError('REQUEST_UNIMPLEMENTED', 'TRACE is not supported')
    const target = readTarget(method ?? 'GET', url)
    switch (target.api) {
      case 'status': return modelStatus(service, request, target)
      case 'metadata': return modelMetadata(service, request, target)
    }
    const inflated = inflateBody(request.body, request.headers['content-encoding'], inflateLimit)
    const body = Buffer.isBuffer(inflated) ? inflated : await inflated
    return target.api === 'predict' ? predict(service, request, target, body) : runExamples(service, request, { ...target, api: target.api }, body)
  }

  /** A large predict body is read while it arrives, where it is not compressed. */
  function scanBody ({ raw: { method, url = '/' }, headers }: FastifyRequest, announcedBytes: number): BodyScan | undefined {
    if (method !== 'POST' || headers['content-encoding'] !== undefined) return undefined
    let target: Target
    try {
      target = readTarget(method, url)
    } catch {
      // What is wrong with the URL is told once the body is there.
      return undefined
    }
    return target.api === 'predict' ? scanPredict(service, target, announcedBytes) : undefined
  }

  /** Nothing is awaited that need not be: this is the way of every small request. */
  function handle (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> | FastifyReply {
    if (request.method === 'OPTIONS') return answerPreflight(request, reply)
    return answer(request).then(given => {
      const sent = sendBytes(reply.header('content-type', 'application/json'), typeof given === 'string' ? Buffer.from(given) : given)
      // What goes out piece by piece has not gone yet, and Fastify would send nothing in its place.
      return reply.raw.writableEnded ? undefined : sent
    })
  }

  // `models` without a slash behind it is told apart by url.ts, so one wildcard covers all; the paths of the OpenAPI document are declared apart.
  for (const url of ['/v1/*', '/V1/*']) app.route({ method: app.supportedMethods, url, schema: { hide: true } as object, config: { scanBody }, handler: handle })
}
