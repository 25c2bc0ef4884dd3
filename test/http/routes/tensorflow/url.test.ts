// http/routes/tensorflow/url.ts: what each method and URL asks for.
import t from 'tap'
import { readTarget } from '../../../../src/http/routes/tensorflow/url.js'

t.test('what matches', async t => {
  const cases: [string, string, object][] = [
    ['POST', '/v1/models/m:predict', { api: 'predict', model: 'm', choice: {} }],
    ['POST', '/v1/models/m/versions/0007:classify', { api: 'classify', model: 'm', choice: { version: 7n } }],
    ['POST', '/v1/models/m/labels/a%2Fb%3ac:regress', { api: 'regress', model: 'm', choice: { label: 'a/b:c' } }],
    ['POST', '/V1/MODELS/Mo/LABELS/La:predict', { api: 'predict', model: 'Mo', choice: { label: 'La' } }],
    ['POST', '/v1/models/m:predict?x=1', { api: 'predict', model: 'm', choice: {} }],
    ['POST', 'http://host:80/v1/models/m:predict', { api: 'predict', model: 'm', choice: {} }],
    ['GET', '/v1/models/m', { api: 'status', model: 'm', choice: {} }],
    ['GET', '/v1/models/m/versions/9223372036854775807', { api: 'status', model: 'm', choice: { version: 2n ** 63n - 1n } }],
    ['GET', '/v1/models/m/versions/9007199254740993/metadata', { api: 'metadata', model: 'm', choice: { version: 9007199254740993n } }],
    ['GET', '/v1/models/m/METADATA', { api: 'status', model: 'm', choice: {} }],
    ['GET', '/v1/models/metadata', { api: 'status', model: 'metadata', choice: {} }],
    ['GET', '/v1/models/versions', { api: 'status', model: 'versions', choice: {} }],
    ['GET', '/v1/models/metadata/metadata', { api: 'metadata', model: 'metadata', choice: {} }],
    ['GET', '/v1/models/versions/versions/1', { api: 'status', model: 'versions', choice: { version: 1n } }],
    ['GET', '/v1/models/a+b%20c%252F%C3%A9é', { api: 'status', model: 'a+b c%2Féé', choice: {} }],
    ['GET', '/v1/models/%FF', { api: 'status', model: '\ufffd', choice: {} }]
  ]
  for (const [method, url, target] of cases) t.same(readTarget(method, url), target, `${method} ${url}`)
})

t.test('what does not', async t => {
  const malformed: [string, string][] = [
    ['POST', '/v1/models/m'], ['POST', '/v1/models'], ['POST', '/v1/models/m:PREDICT'], ['POST', '/v1/models/m:explain'], ['POST', '/v1/models/m:predict:predict'],
    ['POST', '/v1/models/m:predict/'], ['POST', '/v1/models/:predict'], ['POST', '/v1/models/versions/1:predict'.replace('versions/1', 'm/version/1')], ['POST', '/v1/models/m/labels/:predict'],
    ['POST', '/v1/models/m/versions/1/labels/x:predict'], ['POST', '/v1/models/m/versions/-1:predict'], ['POST', '/v1/models/m/versions/1.0:predict'], ['POST', '/v1/models/m/metadata'],
    ['GET', '/v1/models/m:predict'], ['GET', '/v1/models/m/'], ['GET', '/v1/models/m//metadata'], ['GET', '/v1/models/a/b'], ['GET', '/v1/models/m/metadata/'], ['GET', '/v1/'], ['GET', '/v1/foo'],
    ['PUT', '/v1/models/m'], ['DELETE', '/v1/models/m:predict'], ['HEAD', '/v1/models/m'], ['PATCH', '/v1/x']
  ]
  for (const [method, url] of malformed) t.throws(() => readTarget(method, url), { code: 'REQUEST_INVALID', message: `Malformed request: ${method} ${url}` })
  for (const url of ['/v1/models', '/v1/models/versions/1', '/v1/models/labels/x', '/v1/models/versions/1/metadata']) t.throws(() => readTarget('GET', url), { message: 'Missing model name in request.' })
  for (const version of ['9223372036854775808', '99999999999999999999', '9'.repeat(5000)]) {
    t.throws(() => readTarget('GET', `/v1/models/m/versions/${version}`), { message: `Failed to convert version: ${version} to numeric.` })
  }
})

t.test('the same again, and more URLs than are remembered', async t => {
  const ask = (): object => readTarget('POST', '/v1/models/m/labels/x:predict')
  t.equal(ask(), ask(), 'remembered')
  t.throws(() => readTarget('GET', '/v1/models/m/labels/x:predict'), { code: 'REQUEST_INVALID' }, 'by method')
  const long = `/v1/models/${'m'.repeat(300)}`
  t.not(readTarget('GET', long), readTarget('GET', long), 'long ones are not')
  for (let i = 0; i < 2500; i++) if (readTarget('GET', `/v1/models/m${i}`).model !== `m${i}`) t.fail(`m${i}`)
  t.same(ask(), { api: 'predict', model: 'm', choice: { label: 'x' } })
})
