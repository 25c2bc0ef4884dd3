// The whole model server as a process of its own, over its socket.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { codecs, methods, signatureDefMapTypeUrl } from '../../src/grpc/protos.js'
import { readPredictResponse, writePredictRequest, type PredictRequest } from '../../src/tensor/proto/predict.js'
import { floats, linear, linearVariables, strings, writeVersion } from './saved-model-writer.js'

// Processes and threads under a TypeScript loader start slowly on a busy machine.
t.setTimeout(240_000)

const entry = fileURLToPath(new URL('./fixtures/model-server.ts', import.meta.url))

interface Running { child: ChildProcess, socket: string, folder: string, call: (path: string, request: Buffer, timeoutMs?: number) => Promise<Buffer>, log: () => string, ended: Promise<number | null> }

const start = async (t: Test, flags: (folder: string) => string[] = () => [], stdin: 'ignore' | 'pipe' = 'ignore'): Promise<Running> => {
  const folder = mkdtempSync(join(tmpdir(), 'model-server-test-'))
  const socket = join(folder, 's.sock')
  writeFileSync(socket, 'left behind')
  const child = spawn(process.execPath, [...process.execArgv, entry, '--port=0', `--grpc_socket_path=${socket}`, '--max_num_load_retries=0', ...flags(folder)], { stdio: [stdin, 'ignore', 'pipe'] })
  let text = ''
  const ended = new Promise<number | null>(resolve => { child.on('exit', resolve) })
  await new Promise<void>((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (/Running gRPC ModelServer/.test(text)) resolve()
    })
    void ended.then(code => reject(new Error(`ended with ${code}: ${text}`)))
  })
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 })
  t.teardown(async () => {
    client.close()
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })
  const same = (bytes: Buffer): Buffer => bytes
  const call: Running['call'] = async (path, request, timeoutMs = 30_000) => await new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, { deadline: Date.now() + timeoutMs }, (error: ServiceError | null, answer?: Buffer) => { if (error === null) resolve(answer!); else reject(error) })
  })
  return { child, socket, folder, call, log: () => text, ended }
}

const reload = (models: [name: string, path: string][]): Buffer =>
  codecs.reloadConfigRequest.encode({ config: { model_config_list: { config: models.map(([name, base_path]) => ({ name, base_path, model_platform: 'tensorflow' })) } } })
const predict = (request: Partial<PredictRequest> = {}): Buffer =>
  writePredictRequest({ model: { name: 'm', signatureName: '' }, inputs: { x: floats([2], 2, 4) }, outputFilter: [], ...request })

t.test('from an empty list to answers and back', async t => {
  const { call, folder, socket, child, ended, log } = await start(t, () => ['--grpc_max_threads=20'])
  t.match(log(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: I outrigger\/main\.ts:0\] Flags without meaning here are ignored: --grpc_max_threads\n/)
  await t.rejects(call(methods.predict, predict()), { code: 5, details: 'Servable not found for request: Latest(m)' })
  await t.rejects(call(methods.getModelStatus, codecs.getModelStatusRequest.encode({ model_spec: { name: 'm' } })), { code: 5, details: 'Could not find any versions of model m' })

  writeVersion(join(folder, 'm/00000007'), linear, linearVariables)
  t.strictSame(codecs.reloadConfigResponse.decode(await call(methods.handleReloadConfig, reload([['m', join(folder, 'm')]]))), { status: { error_code: 'OK', error_message: '' } })
  t.strictSame(codecs.getModelStatusResponse.decode(await call(methods.getModelStatus, codecs.getModelStatusRequest.encode({ model_spec: { name: 'm' } }))), {
    model_version_status: [{ version: '7', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }]
  })

  const { model, outputs } = readPredictResponse(await call(methods.predict, predict()))
  t.match(model, { name: 'm', version: 7n, signatureName: 'serving_default' })
  t.strictSame([...outputs.y.data as Float32Array], [3, 4])
  const many = { dtype: 'DT_FLOAT' as const, shape: [1_200_000], data: new Float32Array(1_200_000).fill(2) }
  const large = readPredictResponse(await call(methods.predict, predict({ inputs: { x: many } }))).outputs.y.data as Float32Array
  t.equal(large.length, 1_200_000)
  t.ok(large.every(y => y === 3), 'more than 4 MiB, both ways')

  const metadata = codecs.getModelMetadataResponse.decode(await call(methods.getModelMetadata, codecs.getModelMetadataRequest.encode({ model_spec: { name: 'm' }, metadata_field: ['signature_def'] })))
  t.match(metadata.model_spec, { name: 'm', version: { value: '7' } })
  t.equal(metadata.metadata.signature_def.type_url, signatureDefMapTypeUrl)
  t.match(codecs.signatureDefMap.decode(metadata.metadata.signature_def.value).signature_def.serving_default.inputs.x, { name: 'x:0', dtype: 'DT_FLOAT' })

  const refused: [string, Buffer, number, string | RegExp][] = [
    [methods.predict, predict({ model: { name: 'm', signatureName: 'n' } }), 9, 'Serving signature key "n" not found.'],
    [methods.predict, predict({ inputs: { x: strings([1], 'a') } }), 3, 'Expects arg[0] to be float but string is provided'],
    [methods.predict, predict({ model: { name: 'm', signatureName: '', version: 9n } }), 5, 'Servable not found for request: Specific(m, 9)'],
    [methods.predict, predict({ model: { name: 'm', signatureName: '', versionLabel: 'l' } }), 3, 'Unrecognized servable version label: l'],
    [methods.predict, Buffer.alloc(0), 3, 'Missing ModelSpec'],
    [methods.predict, Buffer.from([0x0a, 0x7f]), 3, /cannot be read/],
    [methods.predict, predict({ inputs: { ['x'.repeat(3000)]: floats([], 1) } }), 3, /^input size.*\.\.\.TRUNCATED$/],
    [methods.getModelMetadata, codecs.getModelMetadataRequest.encode({ model_spec: { name: 'm' }, metadata_field: [] }), 3, 'GetModelMetadataRequest must specify at least one metadata_field'],
    [methods.getModelMetadata, codecs.getModelMetadataRequest.encode({ model_spec: { name: 'm' }, metadata_field: ['other'] }), 3, 'Metadata field other is not supported'],
    [methods.classify, codecs.classificationRequest.encode({ model_spec: { name: 'm' }, input: null }), 3, 'Input is empty'],
    [methods.multiInference, Buffer.alloc(0), 12, /MultiInference is not implemented/],
    [methods.handleReloadConfig, codecs.reloadConfigRequest.encode({ config: null }), 3, /Only ModelConfigList is currently supported/],
    [methods.handleReloadConfig, reload([['m', join(folder, 'm')], ['gone', join(folder, 'gone')]]), 2, /^1 model\(s\) did not become available: \{\{\{name: gone\}/]
  ]
  for (const [path, request, code, details] of refused) await t.rejects(call(path, request), { code, details }, String(details))

  await call(methods.handleReloadConfig, reload([]))
  await t.rejects(call(methods.predict, predict()), { code: 5 })

  child.kill('SIGTERM')
  t.equal(await ended, 0)
  t.notOk(existsSync(socket), 'its socket is gone')
})

t.test('models of the flags are there when the socket is, a broken one does not keep it away, and the end of standard input ends it', async t => {
  const { call, child, ended } = await start(t, folder => {
    writeVersion(join(folder, 'm/1'), linear, linearVariables)
    mkdirSync(join(folder, 'bad'))
    const file = join(folder, 'models.config')
    writeFileSync(file, `model_config_list { config { name: 'm' base_path: '${join(folder, 'm')}' model_platform: 'tensorflow' } config { name: 'bad' base_path: 'bad' } }`)
    return [`--model_config_file=${file}`, '--exit_on_stdin_close=true']
  }, 'pipe')
  t.strictSame([...readPredictResponse(await call(methods.predict, predict())).outputs.y.data as Float32Array], [3, 4])
  await t.rejects(call(methods.getModelStatus, codecs.getModelStatusRequest.encode({ model_spec: { name: 'bad' } })), { code: 5 })
  child.stdin!.end()
  t.equal(await ended, 0)
})
