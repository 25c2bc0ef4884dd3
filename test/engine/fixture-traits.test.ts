// The fixture program has the traits of the real tensorflow_model_server, without which the tests over it would prove nothing.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openChannel } from '../../src/grpc/channel-http2.js'
import type { Channel } from '../../src/grpc/channel.js'
import type { ModelConfig } from '../../src/grpc/messages.js'
import { codecs, methods } from '../../src/grpc/protos.js'
import { fetchStatuses } from '../../src/engine/statuses.js'
import { answerOf, failureOf, fixtureProgram, request, soon, temporaryFolder, until } from './fixture.js'

interface Server { child: ChildProcess, channel: Channel, socket: string, folder: string }

function start (t: Test, { control = {}, models = '', threads = 16 }: { control?: Record<string, unknown>, models?: string, threads?: number }): Server {
  const folder = temporaryFolder(t)
  const socket = join(folder, 's')
  writeFileSync(join(folder, 'control'), JSON.stringify({ compute: 'add', journal: join(folder, 'journal'), ...control }))
  writeFileSync(join(folder, 'config'), `model_config_list { ${models.replaceAll('FOLDER', folder)} }`)
  for (const version of ['00000123', '7']) {
    mkdirSync(join(folder, 'm', version), { recursive: true })
    writeFileSync(join(folder, 'm', version, 'saved_model.pb'), '')
  }
  const flags = ['--port=0', '--rest_api_port=0', `--grpc_socket_path=${socket}`, `--model_config_file=${join(folder, 'config')}`, '--max_num_load_retries=0', `--grpc_max_threads=${threads}`]
  const child = spawn(process.execPath, [fixtureProgram, ...flags], { env: { TF_FIXTURE_CONTROL: join(folder, 'control') }, stdio: 'ignore' })
  const channel = openChannel(socket)
  t.teardown(() => { channel.close(); child.kill('SIGKILL') })
  return { child, channel, socket, folder }
}

const specific = (name: string, basePath: string, ...versions: string[]): ModelConfig => ({ name, base_path: basePath, model_version_policy: { specific: { versions } } })
const reload = (channel: Channel, config: ModelConfig[], deadline = soon()): Promise<Buffer> =>
  channel.unary(methods.handleReloadConfig, codecs.reloadConfigRequest.encode({ config: { model_config_list: { config } } }), { deadline })

t.test('the socket is there after the configured models have loaded; folder 00000123 is version 123', async t => {
  const { channel, socket, folder } = start(t, { control: { loadMs: 300 }, models: 'config { name: "m" base_path: "FOLDER/m" model_version_policy { all {} } }' })
  await until(() => existsSync(join(folder, 'journal')))
  t.notOk(existsSync(socket))
  await until(() => existsSync(socket))
  t.same((await fetchStatuses(channel, 'm', soon())).map(({ version, state }) => [version, state]), [[123n, 'AVAILABLE'], [7n, 'AVAILABLE']])
  t.equal((await channel.unary('/grpc.health.v1.Health/Check', Buffer.alloc(0), { deadline: soon() })).toString('hex'), '0801')
})

t.test('SIGTERM: dies at once, and leaves its socket', async t => {
  const { child, socket } = start(t, {})
  await until(() => existsSync(socket))
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [null, 'SIGTERM'])
  t.ok(existsSync(socket))
})

t.test('reloads: absent versions are silently absent, labels of what is not loaded are refused, an absent path hangs this reload and the later ones', async t => {
  const { channel, socket, folder } = start(t, {})
  await until(() => existsSync(socket))
  const m = specific('m', join(folder, 'm'), '123', '999')
  await reload(channel, [m])
  t.same((await fetchStatuses(channel, 'm', soon())).map(({ version }) => version), [123n])
  t.match(await failureOf(reload(channel, [{ ...m, version_labels: { canary: '7' } }])), { status: 9, origin: 'server' })
  const hanging = reload(channel, [m, specific('later', join(folder, 'later'), '1')])
  t.match(await failureOf(reload(channel, [m], soon(300))), { status: 4 })
  t.same(answerOf(await channel.unary(methods.predict, request('m', [1]), { deadline: soon() })), [124], 'what serves goes on serving')
  mkdirSync(join(folder, 'later', '1'), { recursive: true })
  await hanging
  t.equal((await fetchStatuses(channel, 'later', soon()))[0]?.state, 'END', 'the queued reload without it ran afterwards')
})

t.test('calls beyond its threads are refused at once; a cancelled call keeps its thread', async t => {
  const { channel, socket, folder } = start(t, { control: { predictMs: 600 }, threads: 2, models: 'config { name: "m" base_path: "FOLDER/m" }' })
  await until(() => existsSync(socket))
  const controller = new AbortController()
  const first = channel.unary(methods.predict, request('m', [1]), { deadline: soon() })
  const second = channel.unary(methods.predict, request('m', [2]), { deadline: soon(), signal: controller.signal })
  await until(() => existsSync(join(folder, 'journal')))
  t.match(await failureOf(until(async () => await fetchStatuses(channel, 'm', soon()).then(() => false))), { status: 8, origin: 'server', details: 'Server Threadpool Exhausted' })
  controller.abort()
  t.match(await failureOf(second), { origin: 'aborted' })
  t.match(await failureOf(fetchStatuses(channel, 'm', soon())), { status: 8 })
  t.same(answerOf(await first), [124])
})

t.test('its deadline is honoured, whatever it computes', async t => {
  const { channel, socket } = start(t, { control: { predictMs: 60_000 }, models: 'config { name: "m" base_path: "FOLDER/m" }' })
  await until(() => existsSync(socket))
  t.match(await failureOf(channel.unary(methods.predict, request('m', [1]), { deadline: soon(150) })), { status: 4 })
})
