// Cross-origin headers and preflights as TensorFlow Serving gives them, for all origins or for a list. Source: section 10.
import type { FastifyReply, FastifyRequest } from 'fastify'

export type AllowOrigin = (origin: string | undefined) => string | undefined

/** By the setting: `*`, or origins separated by commas. Gives the value of Access-Control-Allow-Origin, undefined for none. */
export function allowOrigin (setting: string | undefined): AllowOrigin {
  if (setting === undefined || setting === '') return () => undefined
  if (setting === '*') return () => '*'
  const origins = new Set(setting.split(',').map(origin => origin.trim()))
  return origin => origin !== undefined && origins.has(origin) ? origin : undefined
}

/** Sets the headers on every answer, errors too, whether or not the request names an origin. */
export function setCorsHeaders (request: FastifyRequest, reply: FastifyReply, allow: AllowOrigin): void {
  const allowed = allow(request.headers.origin)
  if (allowed === undefined) return
  void reply.header('access-control-allow-origin', allowed)
    .header('access-control-allow-methods', 'POST, GET')
    .header('access-control-allow-headers', 'Content-Type')
  if (allowed !== '*') void reply.header('vary', 'Origin')
}

/** Answers OPTIONS: 200 when the origin is one of the web, else 400, both without a body. */
export function answerPreflight (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(/https?:\/\//.test(request.headers.origin ?? '') ? 200 : 400).send()
}
