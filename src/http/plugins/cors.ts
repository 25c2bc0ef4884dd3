// Lets browsers call from other origins, where the setting says so: headers on every answer, errors too, and preflights. Knows no model.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { accessOf } from '../access.js'
import { errorForm } from './problem.js'

export interface CorsOptions {
  /** `*`, or origins separated by commas; no cross-origin headers when undefined. */
  readonly cors: () => string | undefined
  /** Whether callers send tokens. */
  readonly tokens: boolean
}

type AllowOrigin = (origin: string | undefined) => string | undefined

/** What a script may read of an answer besides its body. */
const exposed = 'outrigger-model-version, retry-after, x-request-id, www-authenticate, ratelimit, ratelimit-policy'
/** What a script may send with a request. */
const sent = 'Content-Type, Content-Encoding, X-Request-Id, X-Request-Timeout-Ms'
/** How long a browser may keep a preflight's answer, in seconds. */
const preflightSeconds = 600

/** Gives the value of Access-Control-Allow-Origin, undefined for none. */
function allowOrigin (setting: string): AllowOrigin {
  if (setting === '*') return () => '*'
  const origins = new Set(setting.split(',').map(origin => origin.trim()))
  return origin => origin !== undefined && origins.has(origin) ? origin : undefined
}

/** Whether the route is for callers at all. What only an admin may do is not for a page of another origin, whoever looks at it. */
const isForCallers = ({ method, url, headers }: FastifyRequest): boolean =>
  accessOf(method === 'OPTIONS' ? headers['access-control-request-method'] ?? 'GET' : method, url.split('?', 1)[0]).access !== 'admin'

/** To be registered before whatever may refuse a request, so that a page can read why. */
export default fp(async function cors (app: FastifyInstance, { cors, tokens }: CorsOptions) {
  let known: string | undefined
  let allow: AllowOrigin = () => undefined
  const requestHeaders = tokens ? 'Content-Type, Authorization' : 'Content-Type'

  function setHeaders (request: FastifyRequest, reply: FastifyReply, setting: string): void {
    if (setting !== known) {
      allow = allowOrigin(setting)
      known = setting
    }
    if (setting !== '*') void reply.header('vary', 'Origin')
    const allowed = allow(request.headers.origin)
    if (allowed === undefined) return
    // Source: tfserving-rest.md, section 10: on every answer, whether or not the request names an origin.
    if (errorForm(request.url) === 'tensorflow') {
      void reply.header('access-control-allow-origin', allowed).header('access-control-allow-methods', 'POST, GET').header('access-control-allow-headers', requestHeaders).header('access-control-expose-headers', exposed)
    } else if (request.headers.origin !== undefined && isForCallers(request)) {
      void reply.header('access-control-allow-origin', allowed).header('access-control-expose-headers', exposed)
    }
  }

  app.addHook('onRequest', (request, reply, done) => {
    const setting = cors()
    if (setting !== undefined && setting !== '') setHeaders(request, reply, setting)
    done()
  })
}, { name: 'cors', dependencies: ['request-context'] })

/** Answers preflights of routes that are not TensorFlow Serving's, whose API has answers of its own. To be registered before tokens: browsers send none with a preflight. */
export const preflights = fp(async function preflights (app: FastifyInstance, { tokens }: Pick<CorsOptions, 'tokens'>) {
  app.addHook('onRequest', (request, reply, done) => {
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined && errorForm(request.url) !== 'tensorflow'
    if (!isPreflight || !reply.hasHeader('access-control-allow-origin')) { done(); return }
    void reply.code(204)
      .header('access-control-allow-methods', 'GET, HEAD, POST')
      .header('access-control-allow-headers', tokens ? `${sent}, Authorization` : sent)
      .header('access-control-max-age', preflightSeconds)
      .send()
  })
}, { name: 'preflights', dependencies: ['cors', 'caller-address'] })
