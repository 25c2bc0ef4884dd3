// The floor under every gateway on Fastify: a route that takes a body and answers the same bytes. node bench/rivals/empty-route.mjs PORT
import Fastify from 'fastify'

const app = Fastify({ logger: false, bodyLimit: 1 << 26 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
const answer = Buffer.from('{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}')
app.post('/v1/*', (_request, reply) => { reply.header('content-type', 'application/json').send(answer) })
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
