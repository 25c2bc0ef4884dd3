// POST /shutdown over real connections: TCP loopback, the admin socket, and everybody else.
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { readMode, readVersion } from '../../../../src/http/routes/admin/body.js'
import admin, { type AdminOptions } from '../../../../src/http/routes/admin/index.js'
import caller, { type CallerOptions } from '../../../../src/http/plugins/caller.js'
import errors from '../../../../src/http/plugins/errors.js'
import requestContext from '../../../../src/http/plugins/request-context.js'
import { authOf } from '../../../helpers/auth.js'

interface Answer { status: number, body: Record<string, unknown> }

async function build (t: Test, { adminSocket, ...options }: Omit<AdminOptions & CallerOptions, 'service' | 'auth'>): Promise<{ app: FastifyInstance, orders: string[], order: Promise<void>, send: (body: string, more?: RequestOptions) => Promise<Answer> }> {
  const orders: string[] = []
  let ordered = (): void => {}
  const order = new Promise<void>(resolve => { ordered = resolve })
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(caller, { auth: await authOf(t), adminSocket })
  const service = { shutdown: (mode: string) => { orders.push(mode); ordered() }, reload: (model: string) => { orders.push(`reload ${model}`) }, replaceEngine: (engine: string) => { orders.push(`replace ${engine}`) }, moveLabel: async (model: string, label: string, version: bigint) => { orders.push(`${model}/${label} ${version}`); return { from: 1n } } } as unknown as AdminOptions['service']
  await app.register(admin, { service, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const send = async (body: string, more: RequestOptions = {}): Promise<Answer> => {
    const { headers, ...rest } = more
    const call = httpRequest({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST', path: '/shutdown', headers: { 'content-type': 'application/json', ...headers }, ...rest }).end(body)
    const [answer] = await once(call, 'response') as [IncomingMessage]
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    return { status: answer.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }
  }
  return { app, orders, order, send }
}

t.test('closed unless opened', async t => {
  const { orders, send } = await build(t, { allowLocalAdmin: () => false })
  t.match(await send('{"mode":"force"}'), { status: 403, body: { code: 'ADMIN_FORBIDDEN', detail: /--allow-local-admin/ } })
  t.same(orders, [])
})

t.test('open to this machine', async t => {
  const { orders, order, send } = await build(t, { allowLocalAdmin: () => true })
  t.match(await send('{"mode":"force"}', { headers: { origin: 'http://127.0.0.1' } }), { status: 403, body: { detail: /Origin/ } })
  t.match(await send('{"mode":"force"}', { headers: { host: 'rebound.example' } }), { status: 403, body: { detail: /Host/ } })
  t.match(await send('mode=force', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }), { status: 403 })
  t.match(await send('{"mode":"now"}'), { status: 400, body: { code: 'REQUEST_INVALID', errors: [{ pointer: '/mode' }] } })
  t.match(await send('{'), { status: 400, body: { code: 'REQUEST_NOT_JSON' } })
  t.same(orders, [])
  t.match(await send('{"mode":"graceful"}'), { status: 202, body: { status: 'shutting-down', mode: 'graceful' } })
  await order
  t.same(orders, ['graceful'])
})

t.test('the admin socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-admin-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const adminSocket = join(folder, 'admin.sock')
  const { orders, order, send } = await build(t, { allowLocalAdmin: () => false, adminSocket })
  t.match(await send('{"mode":"force"}'), { status: 403 }, 'TCP stays closed')
  t.match(await send('{"mode":"force"}', { socketPath: adminSocket }), { status: 202 })
  await order
  t.same(orders, ['force'])
})

t.test('the body', async t => {
  t.equal(readMode(Buffer.from(' {"mode": "force", "other": 1}')), 'force')
  for (const body of ['', 'null', '[]', '"force"', '{}', '{"mode":["force"]}']) t.throws(() => readMode(Buffer.from(body)), body)
})

t.test('reload, replace and labels are closed like shutdown', async t => {
  const { orders, send } = await build(t, { allowLocalAdmin: () => false })
  t.match(await send('', { path: '/models/m/reload' }), { status: 403, body: { code: 'ADMIN_FORBIDDEN' } })
  t.match(await send('', { path: '/engines/embedded/replace' }), { status: 403, body: { code: 'ADMIN_FORBIDDEN' } })
  t.match(await send('{"version": "1"}', { method: 'PUT', path: '/models/m/labels/stable' }), { status: 403, body: { code: 'ADMIN_FORBIDDEN' } })
  t.same(orders, [])
})

t.test('reload, replace and labels', async t => {
  const { orders, send } = await build(t, { allowLocalAdmin: () => true })
  t.same(await send('', { path: '/models/m/reload' }), { status: 202, body: { status: 'reloading', model: 'm' } })
  t.same(await send('', { path: '/engines/embedded/replace' }), { status: 202, body: { status: 'replacing', engine: 'embedded' } })
  const label = async (name: string, body: string) => await send(body, { method: 'PUT', path: `/models/m/labels/${name}` })
  t.same(await label('stable', '{"version": "9007199254740993"}'), { status: 200, body: { model: 'm', label: 'stable', version: '9007199254740993', from: '1' } })
  t.match(await label('sta%20ble', '{"version": "1"}'), { status: 400, body: { code: 'REQUEST_INVALID' } })
  t.match(await label('stable', 'no'), { status: 400, body: { code: 'REQUEST_NOT_JSON' } })
  t.same(orders, ['reload m', 'replace embedded', 'm/stable 9007199254740993'])
})

t.test('the version of a label', t => {
  for (const body of ['{}', '{"version": -1}', '{"version": 1.5}', '{"version": "9223372036854775808"}', '{"version": "x"}']) t.throws(() => readVersion(Buffer.from(body)), { code: 'REQUEST_INVALID' }, body)
  t.equal(readVersion(Buffer.from('{"version": 3}')), 3n)
  t.throws(() => readVersion(undefined), { code: 'REQUEST_NOT_JSON' })
  t.end()
})
