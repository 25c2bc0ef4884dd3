// Where the handshake asks for no certificate, every route but health and metrics does.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { openCertificates } from '../../../src/http/certificates.js'
import { authority, noOpenssl } from '../../helpers/authority.js'
import { guardedApp } from '../../helpers/guarded-app.js'

t.test('who has a good certificate is its subject to quotas, log and audit', { skip: noOpenssl }, async t => {
  const [root, stranger] = [authority(t), authority(t, 'stranger')]
  const own = root.sign('/CN=localhost')
  const certificates = await openCertificates({ cert: own.certFile, key: own.keyFile, clientCa: root.certFile, minVersion: '1.2', clientsNeeded: 'callers' }, { log: pino({ level: 'silent' }), lookEveryMs: 0 })
  const trail = join(t.testdir(), 'audit.jsonl')
  const { app, lines } = await guardedApp(t, ['--quota-requests', '2', '--audit', trail], { server: { certificates, certificateNeeded: true } })
  const { port } = await app.listenAt({ host: '127.0.0.1', port: 0 })
  const get = async (path: string, client?: { cert: string, key: string }): Promise<number | undefined> => {
    const call = request({ port, path, host: '127.0.0.1', servername: 'localhost', ca: root.cert, agent: false, ...(client === undefined ? {} : { cert: client.cert, key: client.key }) }).end()
    const [answer] = await once(call, 'response') as [IncomingMessage]
    answer.resume()
    await once(answer, 'end')
    return answer.statusCode
  }
  const [alice, bob] = [root.sign('/CN=alice'), root.sign('/CN=bob')]
  t.not(await get('/health/live'), 403)
  t.equal(await get('/metrics'), 200)
  t.equal(await get('/models'), 403)
  t.equal(await get('/models', stranger.sign('/CN=alice')), 403)
  t.same([await get('/models', alice), await get('/models', alice), await get('/models', alice)], [200, 200, 429])
  t.equal(await get('/models', bob), 200, 'another caller from the same address has its own quota')
  const callers = [undefined, undefined, 'CN=alice', 'CN=alice', 'CN=alice', 'CN=bob']
  t.same(lines.filter(line => line.route === '/models' && line.status !== undefined).map(line => line.certificate), callers, 'the access log')
  await app.close()
  const written = async (): Promise<string[]> => (await readFile(trail, 'utf8')).trim().split('\n')
  while ((await written()).length < callers.length) await setTimeout(20)
  t.same((await written()).map(line => (JSON.parse(line) as { certificate: string | null }).certificate ?? undefined), callers, 'the audit trail')
})
