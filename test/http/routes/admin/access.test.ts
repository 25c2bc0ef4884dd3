// The admin rule, one test per condition.
import t from 'tap'
import { isLoopback } from '../../../../src/auth/address-list.js'
import { adminFault, isOwnHost, type AdminCaller } from '../../../../src/http/routes/admin/access.js'

const local: AdminCaller = { viaAdminSocket: false, allowLocalAdmin: true, peer: '127.0.0.1', localPort: 8501, headers: { host: 'localhost:8501', 'content-type': 'application/json; charset=utf-8' } }
const withHeaders = (headers: Record<string, string>): AdminCaller => ({ ...local, headers: { ...local.headers, ...headers } })

t.test('who may', async t => {
  t.equal(adminFault(local), undefined)
  t.equal(adminFault({ ...local, peer: '::ffff:127.0.0.1' }), undefined)
  t.equal(adminFault({ ...local, peer: '::1', headers: { ...local.headers, host: '[::1]:8501' } }), undefined)
  t.equal(adminFault({ viaAdminSocket: true, allowLocalAdmin: false, peer: undefined, localPort: undefined, headers: {} }), undefined)
})

t.test('who may not, and what he is told', async t => {
  t.match(adminFault({ ...local, allowLocalAdmin: false }), /--allow-local-admin/)
  t.match(adminFault({ ...local, peer: '10.0.0.7' }), /this machine only/)
  t.match(adminFault({ ...local, peer: undefined }), /this machine only/)
  t.match(adminFault(withHeaders({ origin: 'http://localhost:8501' })), /Origin/)
  t.match(adminFault(withHeaders({ origin: 'null' })), /Origin/)
  t.match(adminFault(withHeaders({ host: 'evil.example:8501' })), /127\.0\.0\.1:8501/)
  t.match(adminFault(withHeaders({ host: 'localhost:9999' })), /Host/)
  t.match(adminFault({ ...local, headers: { 'content-type': 'application/json' } }), /Host/)
  t.match(adminFault(withHeaders({ 'content-type': 'text/plain' })), /JSON/)
  t.match(adminFault(withHeaders({ 'content-type': 'application/jsonp' })), /JSON/)
  t.match(adminFault({ ...local, headers: { host: 'localhost:8501' } }), /JSON/)
  for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) t.match(adminFault(withHeaders({ [header]: '127.0.0.1' })), /proxy/, header)
})

t.test('addresses', async t => {
  for (const address of ['127.0.0.1', '127.255.0.3', '::1', '::ffff:127.0.0.1', '::FFFF:127.1.2.3']) t.ok(isLoopback(address), address)
  for (const address of ['128.0.0.1', '10.0.0.1', '::', '::2', 'fe80::1', '::ffff:10.0.0.1', '127.0.0.1.evil', undefined]) t.notOk(isLoopback(address), String(address))
})

t.test('hosts', async t => {
  for (const host of ['localhost:1', 'LOCALHOST:1', '127.0.0.1:1', '[::1]:1']) t.ok(isOwnHost(host, 1), host)
  for (const host of ['localhost', 'localhost:2', 'localhost.evil:1', 'evil:1', '::1:1', '', '127.0.0.1:1@evil']) t.notOk(isOwnHost(host, 1), host)
  t.ok(isOwnHost('localhost', 80))
  t.notOk(isOwnHost('localhost:80', undefined))
})
