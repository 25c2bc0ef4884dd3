// Bodies as bytes, however they come; looks at those that arrive, their memory, and bodies that nobody asked for.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import errors from '../../../src/http/plugins/errors.js'
import rawBody, { type BodyScan } from '../../../src/http/plugins/raw-body.js'
import requestContext from '../../../src/http/plugins/request-context.js'

interface Look { bytes: number, whole: boolean, right: boolean }

/** What each look saw; the memory of each body that was looked at; the pieces of all bodies. */
interface Built { app: FastifyInstance, send: (head: string, body: Buffer) => Promise<string>, looks: Look[], memories: unknown[], chunks: Buffer[], ended: () => Promise<number> }

/** What a route that scans does, by its query. */
function route (looks: Look[], memories: unknown[]) {
  const scanBody = ({ query }: FastifyRequest): BodyScan => ({
    look (bytes, whole) {
      if ('throws' in (query as object) || ('last' in (query as object) && whole)) throw new Error('of its own')
      looks.push({ bytes: bytes.length, whole, right: bytes.equals(numbered(bytes.length)) })
      return !('enough' in (query as object))
    }
  })
  const answer = async (request: FastifyRequest): Promise<string> => {
    const body = request.body as Buffer
    const found = digest(body)
    memories.push(body.buffer)
    const query = request.query as object
    if ('free' in query) request.freeBody({ x: { dtype: 'DT_FLOAT', shape: [1], data: new Float32Array(1) }, y: { dtype: 'DT_STRING', shape: [1], data: [Buffer.alloc(1)] } })
    if ('keep' in query) request.freeBody({ x: { dtype: 'DT_UINT8', shape: [1], data: new Uint8Array(body.buffer, 5, 1) } })
    if ('string' in query) request.freeBody({ x: { dtype: 'DT_STRING', shape: [2], data: [Buffer.alloc(1), body.subarray(3, 4)] } })
    if ('answered' in query) {
      const tensors = { numbers: new Float32Array(20_000), view: new Uint8Array(body.buffer, 0, 50_000), few: new Uint8Array(5) }
      const { numbers, view, few } = tensors
      request.freeTensors(Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, { dtype: 'DT_FLOAT', shape: [data.length], data }])))
      if (numbers.length !== 0 || view.length !== 50_000 || few.length !== 5) throw new Error('large ones that do not lie in the body are given back')
    }
    if ((request.body === undefined) !== ('free' in query || 'answered' in query)) throw new Error('a body is gone when it was given back, and only then')
    return found
  }
  return [{ config: { scanBody } }, answer] as const
}

const build = async (t: Test): Promise<Built> => {
  const looks: Look[] = []
  const memories: unknown[] = []
  const chunks: Buffer[] = []
  const app = Fastify({ bodyLimit: 2 ** 20 })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(rawBody)
  app.get('/large', async () => 'y'.repeat(500_000))
  app.post('/', async request => (request.body as Buffer).toString('hex'))
  app.post('/digest', async request => request.body === undefined ? 'nothing' : digest(request.body as Buffer))
  app.post('/scanned', ...route(looks, memories))
  app.addHook('preParsing', (_request, _reply, payload, done) => {
    payload.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    done()
  })
  const ended = (): Promise<number> => new Promise(resolve => { app.requestEnds.push((_request, _reply, status) => { resolve(status) }) })
  t.teardown(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const send = async (head: string, body: Buffer): Promise<string> => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`${head}\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
    await once(socket, 'close')
    return text
  }
  return { app, send, looks, memories, chunks, ended }
}

t.test('any media type, or none', async t => {
  const { app, send } = await build(t)
  for (const type of ['application/json', 'image/png', 'x/y; z']) t.equal((await app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload: '{' })).body, '7b', type)
  t.match(await send('POST / HTTP/1.1', Buffer.from('é')), /\r\n\r\nc3a9$/)
})

t.test('a GET with a body is answered to the end', async t => {
  const { send } = await build(t)
  const answer = await send('GET /large HTTP/1.1', Buffer.alloc(900_000, 0x20))
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, 500_000)
  t.match(await send('GET /large HTTP/1.1', Buffer.alloc(2 ** 20 + 1, 0x20)), /^HTTP\/1\.1 413 /)
  t.match(await send('GET /large HTTP/1.1', Buffer.alloc(0)), /^HTTP\/1\.1 200 /)
})

/** Sends a head and pieces of a body over a connection of its own, each when the one before was taken; resolves with all that was answered. */
async function dialogue (app: FastifyInstance, head: string, pieces: readonly (Buffer | string)[], { end = true } = {}): Promise<string> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').setNoDelay()
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`)
  for (const piece of pieces) if (!socket.destroyed) await new Promise(resolve => { socket.write(piece, resolve) })
  if (!end) socket.destroy()
  await closed
  return text
}

const numbered = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251))
const digest = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')

t.test('bodies of any size, in any pieces', async t => {
  const { app } = await build(t)
  for (const length of [0, 1, 1000, 65_535, 65_536, 400_000, 2 ** 20]) {
    const body = numbered(length)
    for (const piece of [500_000, 7777]) {
      const pieces = Array.from({ length: Math.ceil(length / piece) }, (_, i) => body.subarray(i * piece, (i + 1) * piece))
      const announced = await dialogue(app, `POST /digest HTTP/1.1\r\nContent-Length: ${length}`, pieces)
      t.match(announced, length === 0 ? /\r\n\r\nnothing$/ : new RegExp(`${digest(body)}$`), `${length} announced`)
      const chunked = await dialogue(app, 'POST /digest HTTP/1.1\r\nTransfer-Encoding: chunked', [...pieces.map(one => Buffer.concat([Buffer.from(`${one.length.toString(16)}\r\n`), one, Buffer.from('\r\n')])), '0\r\n\r\n'])
      t.match(chunked, new RegExp(`${digest(body)}$`), `${length} chunked`)
    }
  }
})

t.test('one that is too large is refused: by its announcement, and while it arrives', async t => {
  const { app } = await build(t)
  t.match(await dialogue(app, `POST /digest HTTP/1.1\r\nContent-Length: ${2 ** 20 + 1}`, []), /^HTTP\/1\.1 413 [^]*REQUEST_TOO_LARGE/, 'before a byte of it')
  const chunk = Buffer.concat([Buffer.from('40000\r\n'), Buffer.alloc(0x40000), Buffer.from('\r\n')])
  t.match(await dialogue(app, 'POST /digest HTTP/1.1\r\nTransfer-Encoding: chunked', [chunk, chunk, chunk, chunk, chunk]), /^HTTP\/1\.1 413 [^]*REQUEST_TOO_LARGE/, 'the fifth is too much')
})

t.test('one of another length than announced', async t => {
  const { app } = await build(t)
  for (const url of ['/digest', '/scanned']) {
    for (const announced of [99_000, 101_000]) {
      const answer = await app.inject({ method: 'POST', url, headers: { 'content-length': String(announced) }, payload: numbered(100_000) })
      t.match(answer.json(), { code: 'REQUEST_TRUNCATED' }, `${url} ${announced}`)
    }
  }
})

t.test('Expect: 100-continue is answered, and the body is read', async t => {
  const { app } = await build(t)
  const body = numbered(100_000)
  t.match(await dialogue(app, `POST /digest HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ${body.length}`, [body]), new RegExp(`^HTTP/1\\.1 100 Continue\r\n[^]*${digest(body)}$`))
})

t.test('a connection that ends early ends its request, and the next is served', async t => {
  const { app, looks, ended } = await build(t)
  for (const url of ['/digest', '/scanned']) {
    const end = ended()
    await dialogue(app, `POST ${url} HTTP/1.1\r\nContent-Length: 900000`, [numbered(300_000)], { end: false })
    t.equal(await end, 499, url)
  }
  t.notOk(looks.some(({ whole }) => whole), 'nobody took it for whole')
  const body = numbered(200_000)
  t.match(await dialogue(app, `POST /digest HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), new RegExp(`${digest(body)}$`))
})

t.test('a route looks at a large body while it arrives', async t => {
  const { app, looks } = await build(t)
  const body = numbered(900_000)
  t.match(await dialogue(app, `POST /scanned HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), new RegExp(`${digest(body)}$`))
  const lengths = looks.map(({ bytes }) => bytes)
  t.ok(looks.length > 2, `${looks.length} looks`)
  t.same(lengths, [...lengths].sort((a, b) => a - b), 'each at more than the one before')
  t.same(looks.filter(({ whole }) => whole), [{ bytes: 900_000, whole: true, right: true }], 'once at the whole')
  t.ok(looks.every(({ right }) => right), 'always from the first byte on')
  looks.length = 0
  t.match(await dialogue(app, 'POST /scanned HTTP/1.1\r\nContent-Length: 1000', [numbered(1000)]), new RegExp(`${digest(numbered(1000))}$`))
  t.same(looks, [], 'not at a small one')
})

t.test('no more looks for who has seen enough, and a look that throws fails its request alone', async t => {
  const { app, looks } = await build(t)
  const body = numbered(900_000)
  t.match(await dialogue(app, `POST /scanned?enough HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), new RegExp(`${digest(body)}$`))
  t.equal(looks.length, 1)
  for (const when of ['throws', 'last']) t.match(await dialogue(app, `POST /scanned?${when} HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), /^HTTP\/1\.1 500 [^]*INTERNAL/, when)
})

t.test('memory that nobody points into holds the next body', async t => {
  const { app, memories } = await build(t)
  const send = async (url: string): Promise<void> => {
    const body = numbered(100_000)
    t.match(await dialogue(app, `POST ${url} HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), new RegExp(`${digest(body)}$`), url)
  }
  for (const url of ['/scanned', '/scanned?free', '/scanned?answered', '/scanned?keep', '/scanned?string', '/scanned?free']) await send(url)
  const [kept, first, second, viewed, stringed, last] = memories as ArrayBuffer[]
  t.not(first, kept, 'not given back without a word')
  t.equal(second, first, 'given back')
  t.equal(viewed, first)
  t.not(stringed, viewed, 'a tensor lies in it')
  t.not(last, stringed, 'a string lies in it')
  t.not(last, viewed)
})

t.test('what the pieces of a large body lay in is given back, the memory of a caller in this process is not', async t => {
  const { app, chunks } = await build(t)
  const body = numbered(300_000)
  t.match(await dialogue(app, `POST /digest HTTP/1.1\r\nContent-Length: ${body.length}`, [body]), new RegExp(`${digest(body)}$`))
  t.ok(chunks.length > 0)
  t.ok(chunks.every(({ length }) => length < 32 * 1024), 'all large ones are gone')
  t.equal((await app.inject({ method: 'POST', url: '/digest', payload: body })).body, digest(numbered(body.length)))
  t.equal(body.length, 300_000)
})
