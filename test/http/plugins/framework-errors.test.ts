// What Fastify, its plugins and the HTTP parser throw, as errors of ours.
import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../src/errors.js'
import { parserError, toOutriggerError } from '../../../src/http/plugins/framework-errors.js'

const request = (headers: Record<string, string> = {}): FastifyRequest => ({ headers, routeOptions: { bodyLimit: 10 } }) as unknown as FastifyRequest

t.test('an error of ours stays itself', async t => {
  const error = new OutriggerError('MODEL_TIMEOUT', 'late')
  t.equal(toOutriggerError(error, request()), error)
})

t.test('a body of unknown length beyond the limit', async t => {
  const error = toOutriggerError({ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, request())
  t.equal(error.code, 'REQUEST_TOO_LARGE')
  t.match(error.message, /larger than that.*10 bytes/)
})

t.test('statuses of the framework and its plugins are kept, those of strangers are not', async t => {
  t.equal(toOutriggerError({ code: 'FST_FILES_LIMIT', statusCode: 413, message: 'reach files limit' }, request()).code, 'REQUEST_TOO_LARGE')
  t.equal(toOutriggerError({ statusCode: 404, message: 'from some library, with a /path' }, request()).code, 'INTERNAL')
  for (const statusCode of [403, 404]) t.match(toOutriggerError(Object.assign(new Error('/srv/secret'), { statusCode, expose: true }), request()), { code: 'ROUTE_NOT_FOUND', message: 'There is no such file' }, 'a file that may not be served')
  t.equal(toOutriggerError({ statusCode: 500, expose: false }, request()).code, 'INTERNAL')
  for (const odd of [undefined, null, 'text', 7, {}]) t.match(toOutriggerError(odd, request()), { code: 'INTERNAL', cause: odd })
})

t.test('a missing content type is said', async t => {
  t.match(toOutriggerError({ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }, request()).message, /no Content-Type/)
})

t.test('parser errors', async t => {
  t.equal(parserError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }).status, 408)
  t.equal(parserError({ code: 'HPE_HEADER_OVERFLOW' }).status, 431)
  t.equal(parserError({}).status, 400)
})
