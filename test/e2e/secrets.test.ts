// Secrets of every kind are planted, the service is used and misused, and then everything that it writes, answers and starts is searched for them.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { engines, noProc, run, start, temporaryFolder, until, type Running } from './service.js'

const planted = {
  secret: 'PLANTED-shared-secret-of-the-issuer-1111111111',
  rotated: 'PLANTED-shared-secret-after-rotation-22222222',
  tooShort: 'PLANTED-short-333',
  consul: 'PLANTED-consul-token-from-environment-444',
  inSettings: 'PLANTED-consul-token-in-settings-file-555',
  misplaced: 'PLANTED-value-in-a-broken-file-666',
  foreign: 'PLANTED-somebody-elses-variable-777',
  cookie: 'PLANTED-cookie-888',
  query: 'PLANTED-in-the-query-999'
}

const issuer = 'https://issuer.test'
const subject = 'the-caller-whose-name-may-be-told'
const token = async (secret: string, scope: string, lifeSeconds = 600): Promise<string> =>
  await new SignJWT({ scope }).setProtectedHeader({ alg: 'HS256' }).setIssuer(issuer).setAudience('outrigger').setSubject(subject).setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds).sign(Buffer.from(secret))

/** Writes a secret as Vault's and Nomad's templates do: beside it, then renamed over it. */
function renew (file: string, content: string): void {
  writeFileSync(`${file}.tmp`, content, { mode: 0o600 })
  renameSync(`${file}.tmp`, file)
}

/** An agent that refuses every token, and notes which it was shown. */
async function refusingAgent (t: Test): Promise<{ address: string, shown: Set<string> }> {
  const shown = new Set<string>()
  const server = createServer((request, response) => {
    shown.add(String(request.headers['x-consul-token']))
    response.writeHead(403).end('Permission denied: token lacks permission')
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, shown }
}

function filesBelow (folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

for (const engine of engines) {
  t.test(`${engine.name}: no secret is written, answered or handed on`, { skip: noProc }, async t => {
    const folder = temporaryFolder(t)
    const at = (name: string): string => join(folder, name)
    for (const name of ['credentials', 'data', 'sockets', 'admin']) mkdirSync(at(name), { mode: 0o700 })
    const secretFile = at('credentials/outrigger_auth_secret')
    writeFileSync(secretFile, planted.secret, { mode: 0o600 })
    const settings = (more = ''): void => { writeFileSync(at('outrigger.yaml'), `auth_issuer: ${issuer}\nauth_audience: outrigger\nconsul_http_token: ${planted.inSettings}\nlog_level: trace\n${more}`, { mode: 0o600 }) }
    settings()
    const agent = await refusingAgent(t)
    const flags = ['--config', at('outrigger.yaml'), '--data-dir', at('data'), '--socket-dir', at('sockets'), '--admin-socket', at('admin/socket'), '--audit', at('audit.jsonl'), '--consul', 'on']
    const env = {
      CREDENTIALS_DIRECTORY: at('credentials'), CONSUL_HTTP_ADDR: agent.address, CONSUL_HTTP_TOKEN: planted.consul,
      VAULT_TOKEN: planted.foreign, AWS_SECRET_ACCESS_KEY: planted.foreign, TFX_PASSWORD: planted.foreign
    }
    const service = await start(t, { engine, flags, env })
    const [good, admin, forged, expired] = await Promise.all([token(planted.secret, 'predict'), token(planted.secret, 'admin'), token(`${planted.secret}x`, 'admin'), token(planted.secret, 'predict', -600)])
    const answers: string[] = []
    const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}`, cookie: planted.cookie })
    const ask = async (value: string, path: string, body: unknown): Promise<number> => {
      const { status, text, headers } = await service.post(path, body, bearer(value))
      answers.push(text, JSON.stringify([...headers]))
      return status
    }
    const read = async (path: string): Promise<string> => {
      const { text, headers } = await service.call(path, { headers: bearer(await token(planted.rotated, 'admin predict')) })
      return `${text}${JSON.stringify([...headers])}`
    }

    await t.test('it is used and misused', async t => {
      t.equal(await ask(good, '/models/half_plus_two/evaluate', { x: 1 }), 200)
      t.equal(await ask(good, `/models/half_plus_two/evaluate?access_token=${planted.query}`, '{'), 400)
      t.equal(await ask(forged, '/models/half_plus_two/evaluate', { x: 1 }), 401)
      t.equal(await ask(expired, '/models/half_plus_two/evaluate', { x: 1 }), 401)
      t.equal(await ask(planted.secret, '/models/half_plus_two/evaluate', { x: 1 }), 401, 'the secret itself in place of a token')
      t.equal(await ask(good, '/models/half_plus_two/reload', {}), 403)
      t.equal(await ask(admin, '/models/half_plus_two/reload', {}), 202)
      t.equal(await ask(good, '/models/nobody/evaluate', { x: 1 }), 404)
      t.equal(await ask(good, '/v1/models/half_plus_two:predict', { instances: [1] }), 200)
      await until('the agent was shown the token', () => agent.shown.has(planted.consul) || agent.shown.has(planted.inSettings))
    })

    await t.test('secrets are renewed, well and badly, and settings are changed', async t => {
      renew(secretFile, planted.tooShort)
      const refused = (line: Record<string, unknown>): boolean => /cannot be read anew/.test(String(line.message))
      await until('the short secret is refused', () => service.lines.some(refused))
      t.equal(await ask(good, '/models/half_plus_two/evaluate', { x: 1 }), 200, 'the last good one stays')
      renew(secretFile, planted.rotated)
      const fresh = await token(planted.rotated, 'predict')
      await until('the new secret counts', async () => await ask(fresh, '/models/half_plus_two/evaluate', { x: 1 }) === 200)
      t.equal(await ask(good, '/models/half_plus_two/evaluate', { x: 1 }), 401, 'the old one does not')
      for (const [broken, seen] of [
        [`consul_http_token: *${planted.misplaced}\n`, 1], [`consul_http_token: [${planted.misplaced}]\n`, 2], [`"${planted.misplaced}\n`, 3], [`consul_http_token: {a: ${planted.misplaced}}\n`, 4]
      ] as const) {
        writeFileSync(at('outrigger.yaml'), broken)
        service.signal('SIGHUP')
        await until('the file is refused', () => service.lines.filter(line => /settings have faults/.test(String(line.message))).length === seen)
      }
      settings('request_timeout: 20s\n')
      service.signal('SIGHUP')
      await until('the file is taken', async () => /request_timeout/.test(await read('/changes')))
    })

    const children = service.children()
    t.equal(children.length, 1)
    const processes = (): string[] => [service.pid, ...service.children()].flatMap(pid => [`cmdline of ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}`, ...(pid === service.pid ? [] : [`environ of ${pid}: ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`])])
    const before = processes()
    process.kill(children[0]!, 'SIGKILL')
    await until('the model server is there again', async () => service.children().some(pid => pid !== children[0]) && (await service.call('/health/ready')).status === 200)

    await t.test('nothing of them is found', async t => {
      const config = await Promise.all([['config'], ['config', '--json']].map(async words => {
        const printed = run(t, [...words.slice(0, 1), ...flags, ...words.slice(1)], env)
        let text = ''
        printed.process.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString() })
        await once(printed.process, 'close')
        return text + printed.stderr()
      }))
      const reads = ['/metrics', '/version', '/changes?limit=1000', '/openapi.json', '/health', '/health/ready', '/models', '/models/half_plus_two', '/docs', '/nowhere'].map(async path => `${path} ${await read(path)}`)
      const pages = await Promise.all(reads)
      service.signal('SIGTERM')
      await service.ended()
      const files = [...filesBelow(at('data')), ...filesBelow(at('sockets')), ...filesBelow(at('admin')), at('audit.jsonl')].map(file => `${file} (mode ${statSync(file).mode.toString(8)}): ${readFileSync(file, 'utf8')}`)
      const haystack: [string, string[]][] = [['log', [...service.lines.map(line => JSON.stringify(line)), service.stderr()]], ['answers', answers], ['pages', pages], ['files', files], ['processes', [...before, ...processesOf(service)]], ['outrigger config', config]]
      const needles = [...Object.values(planted), ...[good, admin, forged, expired].flatMap(jwt => [jwt, jwt.split('.')[2]!])]
      for (const [where, texts] of haystack) {
        t.ok(texts.join('').length > 100, `there is something to search in ${where}`)
        for (const text of texts) for (const needle of needles) if (text.includes(needle)) t.fail(`${where}: ${needle} in ${text.slice(Math.max(0, text.indexOf(needle) - 200), text.indexOf(needle) + 100)}`)
      }
      t.ok(haystack.some(([, texts]) => texts.some(text => text.includes(subject))), 'the search finds what may be told')
      t.ok(before.some(text => text.includes('--grpc_socket_path')), 'the model server was looked at')
      t.ok(config.every(text => text.includes('(hidden)')))
    })
  })
}

/** None once it has ended; what runs on would show here. */
function processesOf (service: Running): string[] { return service.children().map(pid => readFileSync(`/proc/${pid}/environ`, 'utf8')) }
