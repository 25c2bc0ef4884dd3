import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Connection, readHead } from '../../../bench/load/connection.js'
import { Connections } from '../../../bench/load/connections.js'
import type { Answer } from '../../../bench/load/traffic.js'

/** Answers each request by the script: pieces with a turn of the loop between them, or what is done to the socket. */
async function serve (t: Test, answer: (socket: Socket, text: string, nth: number) => void | Promise<void>): Promise<{ host: string, port: number }> {
  let nth = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', data => { void answer(socket, data.toString(), nth++) })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { for (const socket of sockets) socket.destroy(); server.close() })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const ask = async (connection: Connection, text = 'GET / HTTP/1.1\r\n\r\n'): Promise<Answer | Error> => await new Promise(resolve => { connection.send(Buffer.from(text), resolve) })
const answerOf = (body: string, extra = ''): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`

t.test('an answer in pieces, and another on the same connection', async t => {
  const target = await serve(t, async socket => {
    for (const piece of ['HTTP/1.1 200 O', 'K\r\nX-A: b\r\ncontent-le', 'ngth: 6\r\n\r', '\nabc', 'def']) {
      socket.write(piece)
      await sleep(5)
    }
  })
  const connection = new Connection(target, () => {})
  for (let i = 0; i < 2; i++) {
    const answer = await ask(connection) as Answer
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('x-a'), 'b')
    t.equal(answer.body.toString(), 'abcdef')
    t.ok(connection.usable)
  }
  connection.close()
  t.notOk(connection.usable)
})

t.test('connection: close ends its use', async t => {
  const target = await serve(t, socket => { socket.write(answerOf('x', 'Connection: close\r\n')) })
  let closed = 0
  const connection = new Connection(target, () => { closed++ })
  t.equal((await ask(connection) as Answer).body.toString(), 'x')
  t.notOk(connection.usable)
  t.equal(closed, 1)
})

t.test('what is no answer is an error', async t => {
  const cases: Readonly<Record<string, (socket: Socket) => void>> = {
    'closed before the answer': socket => { socket.end() },
    'cut in the body': socket => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc') },
    'reset': socket => { socket.resetAndDestroy() },
    'no length': socket => { socket.write('HTTP/1.1 200 OK\r\n\r\n') },
    'no HTTP': socket => { socket.write('hello\r\n\r\n') },
    'too much': socket => { socket.write(`${answerOf('x')}more`) }
  }
  for (const [name, act] of Object.entries(cases)) {
    const connection = new Connection(await serve(t, act), () => {})
    const outcome = await ask(connection)
    t.ok(outcome instanceof Error, name)
    t.notOk(connection.usable, name)
  }
  const nobody = new Connection({ host: '127.0.0.1', port: 1 }, () => {})
  t.match(await ask(nobody), /ECONNREFUSED/)
  t.throws(() => readHead('HTTP/2 200'), /no status line/)
})

t.test('kept connections are used again, the last one first; a fresh one takes the place of an idle one', async t => {
  const target = await serve(t, socket => { socket.write(answerOf('x')) })
  let now = 0
  const connections = new Connections(target, () => now)
  const [first, second] = [connections.take(false), connections.take(false)]
  t.not(first, second)
  await ask(first)
  await ask(second)
  connections.giveBack(first)
  connections.giveBack(second)
  t.equal(connections.take(false), second)
  connections.giveBack(second)
  const fresh = connections.take(true)
  t.not(fresh, first)
  t.not(fresh, second)
  t.notOk(second.usable, 'the one that it replaced is closed')
  t.equal(connections.open, 2)
  now = 10_000
  const later = connections.take(false)
  t.not(later, first, 'one that was idle for long is not used')
  t.notOk(first.usable)
  t.equal(connections.opened, 4)
  for (const one of [fresh, later]) one.close()
})
