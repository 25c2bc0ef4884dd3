import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseVersions, findModels, findVersions } from '../../src/repository/scan.js'

const savedModel = () => ({ 'saved_model.pb': '' })

t.test('versions: digits, complete, newest first', async t => {
  const base = t.testdir({
    1: savedModel(), '00000010': savedModel(), 9: { 'model.onnx': '' }, 2: {}, 3: { variables: {} }, '.tmp-11': savedModel(), v12: savedModel(), 13: 'a file', '9223372036854775808': savedModel(), 0: { 'model.h5': '', 'handler.ts': '' }, '01': savedModel()
  })
  const found = findVersions(base)
  t.strictSame(found.map(({ version, format }) => [version, format]), [[10n, 'saved-model'], [9n, 'onnx'], [1n, 'saved-model'], [0n, 'keras']])
  t.equal(found[3]!.handlerFile, join(base, '0', 'handler.ts'))
  t.equal(found[0]!.handlerFile, undefined)
  t.strictSame(findVersions(join(base, 'none')), [])

  const numbers = (policy: Parameters<typeof chooseVersions>[0]) => chooseVersions(policy, found).map(({ version }) => version)
  t.strictSame(numbers({ kind: 'latest', count: 1 }), [10n])
  t.strictSame(numbers({ kind: 'latest', count: 2 }), [10n, 9n])
  t.strictSame(numbers({ kind: 'all' }), [10n, 9n, 1n, 0n])
  t.strictSame(numbers({ kind: 'specific', versions: [0n, 5n, 10n] }), [10n, 0n])
})

t.test('a repository folder', async t => {
  const folder = t.testdir({
    a: { 1: savedModel() }, b: { 'model.yaml': 'required: false', 1: savedModel() }, bad: { 'model.yaml': 'nonsense: 1', 1: savedModel() }, '.git': { 1: savedModel() }, docs: { 'readme.md': '' }, 'readme.md': ''
  })
  const models = findModels({ kind: 'folder', folder })
  t.match(models, [
    { name: 'a', basePath: join(folder, 'a'), settings: { required: true } },
    { name: 'b', settings: { required: false } },
    { model: 'bad', required: true, reason: /nonsense is not a known key/ }
  ])
  t.throws(() => findModels({ kind: 'folder', folder: join(folder, 'none') }), { code: 'CONFIG_INVALID', message: /cannot be read: ENOENT/ })
})

t.test('a model config file: its policy and labels come before model.yaml', async t => {
  const folder = t.testdir({
    m: { 'model.yaml': 'labels: {old: 1}\ntimeout: 1s', 1: savedModel() },
    'models.config': '', 'broken.config': 'model_config_list {'
  })
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'models.config'), `model_config_list { config { name: "x/y" base_path: "${join(folder, 'm')}" model_version_policy { all {} } version_labels { key: "new" value: 1 } } }`)
  const [model] = findModels({ kind: 'config-file', file: join(folder, 'models.config') })
  t.match(model, { name: 'x/y', settings: { policy: { kind: 'all' }, timeoutMs: 1000 } })
  t.strictSame([...(model as unknown as { settings: { labels: Map<string, bigint> } }).settings.labels], [['new', 1n]])
  t.throws(() => findModels({ kind: 'config-file', file: join(folder, 'broken.config') }), { code: 'CONFIG_INVALID', message: /broken\.config/ })
  t.throws(() => findModels({ kind: 'config-file', file: join(folder, 'none.config') }), { code: 'CONFIG_INVALID', message: /model config file .*ENOENT/ })
})

t.test('one base path', async t => {
  const folder = t.testdir({ 1: savedModel() })
  t.match(findModels({ kind: 'base-path', name: 'm', basePath: folder }), [{ name: 'm', basePath: folder }])
})

t.test('settings that cannot be read are a fault of that model', { skip: process.getuid?.() === 0 && 'root reads everything' }, async t => {
  const folder = t.testdir({ m: { 'model.yaml': '', 1: savedModel() } })
  chmodSync(join(folder, 'm', 'model.yaml'), 0)
  t.match(findModels({ kind: 'folder', folder }), [{ model: 'm', reason: /EACCES/ }])
})
