import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import trafficOf, { inputOf } from '../../../bench/drill/traffic.js'
import { addVersion, handlerAnswers, modelAnswers, removeVersion, type Name } from '../../../bench/drill/models.js'
import type { Answer } from '../../../bench/load/traffic.js'
import { formatOf } from '../../../src/embedded/formats/index.js'

const shoot = trafficOf({ host: 'h', slowEvery: 400 })
const answer = (version: string | undefined, body: unknown): Answer => ({ status: 200, headers: new Map(version === undefined ? [] : [['outrigger-model-version', version]]), body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) })
const requestOf = (index: number): { path: string, body: Record<string, unknown> } => {
  const [head, body] = shoot(index).bytes.toString().split('\r\n\r\n')
  return { path: /^POST (\S+) /.exec(head)![1], body: JSON.parse(body) as Record<string, unknown> }
}

t.test('every request is another one, by every API', async t => {
  const seen = new Set(Array.from({ length: 4000 }, (_, i) => JSON.stringify(requestOf(i).body)))
  t.equal(seen.size, 4000)
  const paths = new Set(Array.from({ length: 400 }, (_, i) => requestOf(i).path))
  t.same([...paths].sort(), ['/models/handled/evaluate', '/models/plain/evaluate', '/models/slow/evaluate', '/v1/models/handled:predict', '/v1/models/plain:predict'])
  t.same([...new Set([0, 1, 2, 3].map(i => inputOf(i).length))], [1, 2, 3, 4])
})

t.test('an answer is right for its own version and request only', async t => {
  const [handled, row, plain, columnar] = [1, 5, 9, 13]
  const [x, other] = [inputOf(handled), inputOf(handled + 16)]
  const fault = (body: unknown): string | undefined => shoot(handled).check(answer('3', body))
  t.equal(requestOf(handled).path, '/models/handled/evaluate')
  t.equal(fault({ y: handlerAnswers('handled', 3, x) }), undefined)
  t.match(fault({ y: handlerAnswers('handled', 3, other) }), /must be/, "another request's")
  t.match(fault({ y: handlerAnswers('handled', 4, x) }), /must be/, "another version's")
  t.match(fault({ y: modelAnswers('handled', 3, x) }), /must be/, 'without the handler')
  t.match(fault({ y: modelAnswers('handled', 4, x.map(value => value + 3)).map(value => value + 3000) }), /must be/, 'a servable of another version behind the handler')
  t.match(fault({ y: handlerAnswers('handled', 3, x).slice(1) }), /must be/, 'a row too few')
  t.match(shoot(handled).check(answer(undefined, {})), /no header/)
  t.match(fault('oops'), /no JSON/)
  t.equal(shoot(row).check(answer('2', { predictions: modelAnswers('handled', 2, inputOf(row)) })), undefined)
  t.equal(shoot(plain).check(answer('2', { y: modelAnswers('plain', 2, inputOf(plain)) })), undefined)
  t.equal(shoot(columnar).check(answer('2', { outputs: modelAnswers('plain', 2, inputOf(columnar)) })), undefined)
  t.match(shoot(columnar).check(answer('2', { outputs: modelAnswers('handled', 2, inputOf(columnar)) })), /must be/, "another model's")
})

t.test('the written versions compute what they must, exactly, in both graphs', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-drill-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const x = [0, 1, 4_194_303, 2_999_999]
  for (const [name, version] of [['plain', 1], ['plain', 2], ['handled', 999], ['handled', 1000]] as readonly (readonly [Name, number])[]) {
    addVersion(folder, name, version)
    const version_ = join(folder, name, String(version))
    const model = await (await formatOf(version_)).load(version_)
    const { y } = model.run('serving_default', { x: { dtype: 'DT_FLOAT', shape: [4], data: Float32Array.from(x) } }, [])
    t.same([...y.data as Float32Array], modelAnswers(name, version, x), `${name} ${version}`)
    model.dispose()
  }
  t.ok(readFileSync(join(folder, 'handled/999/handler.ts'), 'utf8').includes('+ 999000'))
  removeVersion(folder, 'plain', 1)
  t.same(readdirSync(join(folder, 'plain')), ['2'])
})
