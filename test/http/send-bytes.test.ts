// http/send-bytes.ts: answers of any size come whole, with their length.
import Fastify from 'fastify'
import t from 'tap'
import { sendBytes } from '../../src/http/send-bytes.js'

t.test('any size comes whole', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const bodies = [0, 1, 512 * 1024, 512 * 1024 + 1, 5_000_001].map(length => Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7)))
  app.get('/:i', (request, reply) => sendBytes(reply.header('content-type', 'text/plain'), bodies[Number((request.params as { i: string }).i)]!))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const [i, body] of bodies.entries()) {
    const answer = await fetch(`${url}/${i}`)
    t.equal(answer.headers.get('content-length'), String(body.length))
    t.ok(Buffer.from(await answer.arrayBuffer()).equals(body), String(body.length))
  }
})
