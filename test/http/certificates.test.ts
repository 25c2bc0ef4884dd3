// The TLS files: what is taken, what is refused in which words, and what happens when they change.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { oneLine, openCertificates, type CertificateParts, type CertificateSettings } from '../../src/http/certificates.js'
import { authority, noOpenssl, replaceFile, type Made } from '../helpers/authority.js'

if (noOpenssl !== false) { t.plan(0, noOpenssl); process.exit(0) }

const root = authority(t)
const [first, second] = [root.sign('/O=Example/CN=first'), root.sign('/CN=second')]

interface Setup { readonly settings: CertificateSettings, readonly place: (made: Made) => void, readonly warnings: string[], readonly ends: number[], readonly log: CertificateParts['log'] }

function setup (t: Test, changes: Partial<CertificateSettings> = {}): Setup {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const settings: CertificateSettings = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), clientCa: undefined, minVersion: '1.2', clientsNeeded: 'all', ...changes }
  const warnings: string[] = []
  const place = (made: Made): void => { copyFileSync(made.certFile, settings.cert); copyFileSync(made.keyFile, settings.key) }
  place(first)
  return { settings, place, warnings, ends: [], log: { info () {}, warn: (line: object, text: string) => { warnings.push(`${text} ${JSON.stringify(line)}`) } } as unknown as CertificateParts['log'] }
}

const subjectAt = async (port: number): Promise<string> => await new Promise((resolve, reject) => {
  const socket = connect({ port, host: '127.0.0.1', ca: root.cert }, () => {
    resolve(oneLine(socket.getPeerX509Certificate()?.subject ?? ''))
    socket.destroy()
  }).on('error', reject)
})

t.test('what cannot be used at the start is refused in words', async t => {
  const bad: [string, (settings: CertificateSettings) => void, RegExp][] = [
    ['no file', ({ cert }) => { rmSync(cert) }, /tls-cert: .* cannot be read \(ENOENT\)/],
    ['cut off', ({ cert }) => { writeFileSync(cert, first.cert.slice(0, -40)) }, /tls-cert: .* cut off/],
    ['the second one cut off', ({ cert }) => { writeFileSync(cert, first.cert + root.cert.slice(0, 200)) }, /tls-cert: .* cut off/],
    ['nonsense inside', ({ cert }) => { writeFileSync(cert, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----') }, /cannot be read/],
    ['no key', ({ key }) => { writeFileSync(key, 'secret-text') }, /tls-key: .* holds no private key/],
    ['the key of another', ({ key }) => { copyFileSync(second.keyFile, key) }, /is not the key of the certificate/],
    ['too large', ({ cert }) => { writeFileSync(cert, 'x'.repeat(1024 * 1024 + 1)) }, /is larger than/]
  ]
  for (const [what, spoil, message] of bad) {
    const { settings, log } = setup(t)
    spoil(settings)
    await t.rejects(openCertificates(settings, { log }), { code: 'CONFIG_INVALID', message }, what)
    await openCertificates(settings, { log }).catch((error: Error) => t.notMatch(error.message, /secret-text/))
  }
  const { settings, log } = setup(t, { clientCa: '/dev/null' })
  await t.rejects(openCertificates(settings, { log }), { code: 'CONFIG_INVALID', message: /tls-client-ca/ })
})

t.test('one that is over is warned of', async t => {
  const { settings, place, warnings, log } = setup(t)
  place(root.sign('/CN=over', -1))
  const certificates = await openCertificates(settings, { log, lookEveryMs: 0 })
  certificates.close()
  t.match(warnings, [/is over/])
})

t.test('changed files come into force together; halves, wrong and old ones do not', async t => {
  const { settings, place, warnings, ends, log } = setup(t)
  const certificates = await openCertificates(settings, { log, onInForce: end => { ends.push(end) }, lookEveryMs: 0 })
  const server = createServer(certificates.options()).listen(0, '127.0.0.1')
  certificates.follow(server)
  await once(server, 'listening')
  t.teardown(() => { certificates.close(); server.close() })
  const { port } = server.address() as AddressInfo
  t.equal(await subjectAt(port), 'CN=first,O=Example')

  replaceFile(second.certFile, settings.cert)
  await certificates.refresh()
  await certificates.refresh()
  t.match(warnings, [/certificate from before stays in force.*is not the key/], 'half of a pair: the old one stays, told once')
  t.equal(await subjectAt(port), 'CN=first,O=Example')
  replaceFile(second.keyFile, settings.key)
  await certificates.refresh()
  t.equal(await subjectAt(port), 'CN=second')
  t.equal(ends.length, 2)

  place(root.sign('/CN=over', -1))
  await certificates.refresh()
  t.match(warnings[1], /is over since/)
  rmSync(settings.key)
  await certificates.refresh()
  t.match(warnings[2], /ENOENT/)
  t.equal(await subjectAt(port), 'CN=second')
  place(first)
  await certificates.refresh()
  t.equal(await subjectAt(port), 'CN=first,O=Example')
  t.equal(warnings.length, 3)
})

t.test('it looks by itself', async t => {
  const { settings, place, log } = setup(t)
  let seen: (() => void) | undefined
  const certificates = await openCertificates(settings, { log, lookEveryMs: 10, onInForce: () => { seen?.() } })
  t.teardown(() => { certificates.close() })
  const changed = new Promise<void>(resolve => { seen = resolve })
  // The look holds no process alive; the test does.
  const alive = setInterval(() => {}, 1000)
  place(second)
  await changed
  clearInterval(alive)
  t.equal(certificates.options().cert, second.cert)
})

t.test('what a server asks of its clients', async t => {
  const { settings, log } = setup(t, { minVersion: '1.3' })
  t.match((await openCertificates(settings, { log, lookEveryMs: 0 })).options(), { requestCert: false, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  t.match((await openCertificates({ ...settings, clientCa: root.certFile }, { log, lookEveryMs: 0 })).options(), { requestCert: true, rejectUnauthorized: true, ca: root.cert })
  t.match((await openCertificates({ ...settings, clientCa: root.certFile, clientsNeeded: 'callers' }, { log, lookEveryMs: 0 })).options(), { requestCert: true, rejectUnauthorized: false })
})
