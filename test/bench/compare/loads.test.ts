import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import trafficOf, { loadNames, type LoadName } from '../../../bench/compare/loads.js'
import { modelConfig, writeModels } from '../../../bench/compare/models.js'
import type { Answer } from '../../../bench/load/traffic.js'
import { formatOf } from '../../../src/embedded/formats/index.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const answer = (body: unknown): Answer => ({ status: 200, headers: new Map(), body: Buffer.from(JSON.stringify(body)) })
const bodyOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
const bytesOf = async (load: LoadName, index: number): Promise<Buffer> => bodyOf((await trafficOf({ load, host: 'h', checked: true }))(index).bytes)

t.test('every request has a body of its own and of the length that it says', async t => {
  for (const load of loadNames) {
    const traffic = await trafficOf({ load, host: 'h', checked: true })
    const seen = new Set<string>()
    for (let index = 0; index < 24; index++) {
      const { bytes } = traffic(index)
      const body = bodyOf(bytes)
      t.equal(Number(/Content-Length: (\d+)/.exec(bytes.toString('latin1', 0, 400))![1]), body.length, load)
      seen.add(body.toString('latin1'))
    }
    t.equal(seen.size, 24, load)
  }
})

t.test('the models give the answers that the loads expect, and one request does not get those of another', async t => {
  const repository = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
  t.teardown(() => rmSync(repository, { recursive: true, force: true }))
  writeModels(repository)
  const run = async (model: string, x: Tensor): Promise<number[]> => {
    const servable = await (await formatOf(join(repository, model, '1')))!.load(join(repository, model, '1'))
    const { y } = servable.run('serving_default', { x }, ['y'])
    return [...y.data as Float32Array]
  }
  const floats = (shape: number[], values: readonly number[]): Tensor => ({ dtype: 'DT_FLOAT', shape, data: Float32Array.from(values) })
  const instances = async (load: LoadName, index: number): Promise<number[]> => ((JSON.parse((await bytesOf(load, index)).toString()) as { instances: number[] }).instances.flat(9))
  const index = 123_457
  const answers: Partial<Record<LoadName, number[]>> = {
    tiny: await run('tiny', floats([3], await instances('tiny', index))),
    medium: await run('medium', floats([32, 784], await instances('medium', index))),
    image: await run('image', floats([1, 224, 224, 3], await instances('image', index))),
    raw: await run('image', floats([1, 224, 224, 3], [...new Float32Array(new Uint8Array(await bytesOf('raw', index)).buffer)]))
  }
  for (const [load, numbers] of Object.entries(answers)) {
    const traffic = await trafficOf({ load: load as LoadName, host: 'h', checked: true })
    t.equal(traffic(index).check(answer({ predictions: numbers })), undefined, load)
    t.match(traffic(index + 1).check(answer({ predictions: numbers })), /must be/, load)
  }
  t.match(modelConfig(repository), /name: "medium" base_path: ".*medium"/)
  t.ok(existsSync(join(repository, 'bytes', '1', 'saved_model.pb')))
})

t.test('what is no answer is a fault, unless nothing is looked at', async t => {
  const shot = (await trafficOf({ load: 'tiny', host: 'h', checked: true }))(3)
  t.match(shot.check({ ...answer(''), body: Buffer.from('<html>') }), /no JSON/)
  t.match(shot.check(answer({ predictions: [] })), /must be/)
  const free = (await trafficOf({ load: 'tiny', host: 'h', checked: false, timeoutMs: 50 }))(3)
  t.equal(free.check(answer({})), undefined)
  t.match(free.bytes.toString(), /x-request-timeout-ms: 50\r\n/)
})
