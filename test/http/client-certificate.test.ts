// Whose certificate a connection has: none over plain sockets, none where it is not good, the subject where it is.
import { createServer } from 'node:https'
import { once } from 'node:events'
import { Socket, type AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { clientCertificate } from '../../src/http/client-certificate.js'
import { authority, noOpenssl } from '../helpers/authority.js'

t.test('subjects', { skip: noOpenssl }, async t => {
  const [root, stranger] = [authority(t), authority(t, 'stranger')]
  const own = root.sign('/CN=service')
  const server = createServer({ cert: own.cert, key: own.key, ca: root.cert, requestCert: true, rejectUnauthorized: false }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const seenOf = async (client?: { cert: string, key: string }): Promise<unknown> => {
    const arrived = once(server, 'secureConnection') as Promise<[TLSSocket]>
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: root.cert, ...(client === undefined ? {} : { cert: client.cert, key: client.key }) })
    socket.on('error', () => {})
    const [other] = await arrived
    const found = clientCertificate(other)
    t.equal(clientCertificate(other), found, 'read once')
    socket.destroy()
    return found
  }
  t.same(await seenOf(root.sign('/C=CH/O=Example/CN=scorer')), { subject: 'CN=scorer,O=Example,C=CH' })
  t.match(await seenOf(root.sign('/')), { subject: /DNS:localhost/ }, 'no subject: the alternative name')
  t.equal(await seenOf(), undefined)
  t.equal(await seenOf(stranger.sign('/CN=scorer')), undefined, 'another authority')
  t.equal(await seenOf(root.sign('/CN=scorer', -1)), undefined, 'over')
})

t.test('a plain socket has none', async t => { t.equal(clientCertificate(new Socket()), undefined) })
