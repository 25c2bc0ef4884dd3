// Builds the HTTP server: the table of contents of a request's way. Every plugin and route set is registered here, by name, in the order in which a request meets it.
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import type { Auth } from '../auth/auth.js'
import { createListeners, defaultLimits, type At, type Listeners } from './listeners.js'
import accessLog from './plugins/access-log.js'
import audit from './plugins/audit.js'
import caller, { type CallerOptions } from './plugins/caller.js'
import clientCertificate from './plugins/client-certificate.js'
import cors, { preflights } from './plugins/cors.js'
import drain from './plugins/drain.js'
import errors, { clientErrorHandler, sendError } from './plugins/errors.js'
import limits from './plugins/limits.js'
import listen from './plugins/listen.js'
import metrics from './plugins/metrics.js'
import openapi from './plugins/openapi.js'
import overload from './plugins/overload.js'
import quota from './plugins/quota.js'
import rawBody from './plugins/raw-body.js'
import requestContext from './plugins/request-context.js'
import tokens from './plugins/tokens.js'
import { requestLog } from './request-log.js'
import admin, { type AdminOptions } from './routes/admin/index.js'
import catalogue from './routes/catalogue/index.js'
import changes from './routes/changes/index.js'
import evaluate from './routes/evaluate/index.js'
import health from './routes/health/index.js'
import tensorflow from './routes/tensorflow/index.js'
import version, { type VersionOptions } from './routes/version/index.js'
import type { Service } from './service.js'

/** What is a function is asked at every request: its setting can change while the service runs. */
export interface ServerOptions {
  readonly service: Service
  readonly auth: Auth
  readonly bodyLimitBytes: number
  readonly requestTimeoutMs: () => number
  readonly cors: () => string | undefined
  readonly logRequests: () => boolean
  readonly admin: Omit<AdminOptions, 'service'> & Omit<CallerOptions, 'auth'>
  readonly version: Omit<VersionOptions, 'service'>
  /** Plain HTTP with the default limits where undefined. */
  readonly listeners?: Listeners
  readonly metricsAt?: At | undefined
  readonly sendTimeoutMs?: () => number
  /** Whether each route but health and metrics needs a client certificate that the handshake does not ask for. */
  readonly certificateNeeded?: boolean
}

/** Characters of a model's name in a path, percent-encoded. */
const longestName = 2048
/** Request ids that are taken over from x-request-id; anything else gets a fresh one. */
const requestId = /^[A-Za-z0-9._:@/+=-]{1,128}$/

export async function buildServer (options: ServerOptions): Promise<FastifyInstance> {
  const { service, auth, bodyLimitBytes, listeners = createListeners({ limits: defaultLimits, log: service.log, metrics: service.metrics }) } = options
  const app = Fastify({
    loggerInstance: service.log,
    childLoggerFactory: requestLog,
    // Our own access log says more, once per request.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    // plugins/drain.ts answers in our own form.
    return503OnClosing: false,
    frameworkErrors: sendError,
    clientErrorHandler,
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    serverFactory: listener => listeners.server(listener),
    routerOptions: { maxParamLength: longestName },
    genReqId: request => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && requestId.test(given) ? given : crypto.randomUUID()
    }
  }) as unknown as FastifyInstance

  await app.register(requestContext, { requestTimeoutMs: options.requestTimeoutMs })
  await app.register(metrics, { metrics: service.metrics })
  await app.register(accessLog, { enabled: options.logRequests })
  await app.register(audit, { auth })
  await app.register(errors)
  await app.register(cors, { cors: options.cors, tokens: auth.tokens !== undefined })
  await app.register(overload)
  await app.register(listen, { listeners, metricsAt: options.metricsAt })
  await app.register(limits, { listeners, sendTimeoutMs: options.sendTimeoutMs ?? (() => defaultLimits.receiveTimeoutMs), metrics: service.metrics })
  await app.register(drain, { service })
  await app.register(caller, { auth, adminSocket: options.admin.adminSocket })
  if (options.certificateNeeded === true) await app.register(clientCertificate)
  await app.register(preflights, { tokens: auth.tokens !== undefined })
  await app.register(tokens, { auth, service })
  await app.register(quota, { auth })
  await app.register(rawBody)
  await app.register(openapi, { service, auth })

  await app.register(health, { service })
  await app.register(version, { service, ...options.version })
  await app.register(admin, { service, allowLocalAdmin: options.admin.allowLocalAdmin })
  await app.register(catalogue, { service })
  await app.register(changes, { service })
  await app.register(evaluate, { service })
  await app.register(tensorflow, { service, inflateLimit: bodyLimitBytes })
  return app
}
