import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { savedModel } from '../../../../src/embedded/formats/saved-model/index.js'
import { Reader } from '../../../../src/tensor/proto/wire.js'
import { attr, constNode, floats, linear, linearVariables, strings, writeBundle, writeVersion, type ModelSpec } from '../../saved-model-writer.js'
import type { Tensor, Tensors } from '../../../../src/tensor/tensor.js'

const values = (tensors: Tensors, name: string): number[] => [...tensors[name].data as Float32Array]
const load = async (spec: ModelSpec, tensors?: Readonly<Record<string, Tensor>>, folder = t.testdir()): Promise<Awaited<ReturnType<typeof savedModel.load>>> => {
  writeVersion(folder, spec, tensors)
  return await savedModel.load(folder)
}

t.test('restores by the graph itself and runs', async t => {
  const folder = t.testdir()
  const model = await load(linear, linearVariables, folder)
  t.ok(savedModel.detect(folder))
  t.strictSame(model.signatures.get('serving_default'), {
    name: 'serving_default', methodName: 'tensorflow/serving/predict',
    inputs: new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]]), outputs: new Map([['y', { dtype: 'DT_FLOAT', shape: [-1] }]])
  })
  rmSync(folder, { recursive: true })
  t.strictSame(values(model.run('serving_default', { x: floats([2], 2, 4) }, []), 'y'), [3, 4], 'and needs its files no more')
  t.strictSame(values(model.run('bump', {}, []), 'b'), [3])
  t.strictSame(values(model.run('serving_default', { x: floats([1], 2) }, ['y']), 'y'), [4])
  t.throws(() => model.run('nope', {}, []), { status: 9, message: 'Serving signature key "nope" not found.' })
  const names: string[] = []
  const reader = new Reader(model.signatureDefMap)
  while (reader.next()) {
    const entry = reader.sub()
    entry.next()
    names.push(entry.string())
  }
  t.strictSame(names, ['serving_default', 'bump'])
  model.dispose()
})

t.test('a flipped byte in data or index refuses the load', async t => {
  const folder = t.testdir()
  writeVersion(folder, linear, linearVariables)
  for (const file of ['variables.data-00000-of-00001', 'variables.index']) {
    const path = join(folder, 'variables', file)
    const bytes = readFileSync(path)
    for (let i = 0; i < bytes.length; i += file.endsWith('index') ? 7 : 1) {
      const damaged = Buffer.from(bytes)
      damaged[i] ^= 0x10
      writeFileSync(path, damaged)
      await t.rejects(savedModel.load(folder), { name: 'ModelError', status: 15 }, `${file} byte ${i}`)
    }
    writeFileSync(path, bytes)
  }
  await savedModel.load(folder)
})

t.test('what is not there, and what is not whole', async t => {
  const folder = t.testdir()
  await t.rejects(savedModel.load(folder), { status: 5, message: /^Could not find SavedModel \.pb or \.pbtxt/ })
  t.notOk(savedModel.detect(folder))
  writeVersion(folder, { ...linear, tags: ['serve', 'gpu'] }, linearVariables)
  await t.rejects(savedModel.load(folder), { status: 5, message: /^Could not find meta graph def matching supplied tags: \{ serve \}/ })
  rmSync(join(folder, 'variables'), { recursive: true })
  writeVersion(folder, linear)
  await t.rejects(savedModel.load(folder), { status: 5, message: /variables.index does not exist/ })
  writeBundle(join(folder, 'variables', 'variables'), { 'a/value': floats([], 1) })
  await t.rejects(savedModel.load(folder), { status: 5, message: /^Key b\/value not found in checkpoint/ })
  writeVersion(folder, linear, linearVariables)
  const path = join(folder, 'saved_model.pb')
  const bytes = readFileSync(path)
  for (const size of [1, 50, bytes.length >> 1, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, size))
    await t.rejects(savedModel.load(folder), { status: 15, message: /as binary proto/ }, `${size} bytes`)
  }
})

t.test('an op without a kernel refuses the load, wherever it stands', async t => {
  const input = { x: { tensor: 'x:0', dtype: 'DT_FLOAT' as const } }
  const x = { name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT') } }
  const other = { name: 'strange', op: 'FrobnicateV3', inputs: ['x'] }
  const base: ModelSpec = { nodes: [x, other], signatures: { serving_default: { inputs: input, outputs: { y: { tensor: 'x:0', dtype: 'DT_FLOAT' } } } } }
  t.strictSame(values((await load(base)).run('serving_default', { x: floats([1], 1) }, []), 'y'), [1], 'not where nothing needs it')
  const refused = { status: 12, message: 'op FrobnicateV3 (node strange)' }
  await t.rejects(load({ ...base, signatures: { ...base.signatures, other: { inputs: input, outputs: { y: { tensor: 'strange:0', dtype: 'DT_FLOAT' } } } } }), refused)
  await t.rejects(load({ ...base, nodes: [constNode('x', floats([1], 1)), other], collections: { saved_model_main_op: ['strange'] } }), refused)
})

t.test('TF1: references, legacy init op, assets', async t => {
  const model = await load({
    nodes: [
      { name: 'v', op: 'VariableV2', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([]) } },
      { name: 'path', op: 'VariableV2', attrs: { dtype: attr.dtype('DT_STRING'), shape: attr.shape([]) } },
      constNode('file', strings([], '')), constNode('prefix', strings([], 'model')),
      constNode('names', strings([1], 'v')), constNode('slices', strings([1], '')),
      { name: 'read', op: 'RestoreV2', inputs: ['prefix', 'names', 'slices'], attrs: { dtypes: attr.dtypes(['DT_FLOAT']) } },
      { name: 'assign', op: 'Assign', inputs: ['v', 'read'], attrs: { T: attr.dtype('DT_FLOAT') } },
      { name: 'restore_all', op: 'NoOp', inputs: ['^assign'] },
      { name: 'keep', op: 'Assign', inputs: ['path', 'file'], attrs: { T: attr.dtype('DT_STRING') } },
      { name: 'init', op: 'NoOp', inputs: ['^keep'] }
    ],
    saver: { filename: 'prefix:0', restore: 'restore_all' },
    collections: { legacy_init_op: ['init'] },
    assets: { 'file:0': 'words.txt' },
    signatures: { serving_default: { inputs: {}, outputs: { v: { tensor: 'v:0', dtype: 'DT_FLOAT' }, path: { tensor: 'path:0', dtype: 'DT_STRING' } } } }
  }, { v: floats([], 2.5) })
  const answer = model.run('serving_default', {}, [])
  t.strictSame(values(answer, 'v'), [2.5])
  t.match(Buffer.from(answer.path.data[0] as Uint8Array).toString(), /assets[/\\]words\.txt$/)
})

t.test('an input with a default may be left out', async t => {
  const x = { tensor: 'x:0', dtype: 'DT_FLOAT' as const }
  const model = await load({
    nodes: [{ name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT') } }],
    signatures: { serving_default: { inputs: { x }, outputs: { y: x }, defaults: { x: floats([1], 8) } } }
  })
  t.strictSame([...model.defaults!.get('serving_default')!], ['x'])
  t.strictSame(values(model.run('serving_default', {}, []), 'y'), [8])
})

t.test('a graph cannot read a checkpoint outside of its folder', async t => {
  const folder = t.testdir()
  writeBundle(join(folder, 'secret'), { v: floats([], 1) })
  await t.rejects(load({
    nodes: [
      constNode('prefix', strings([], join(folder, 'secret'))), constNode('names', strings([1], 'v')), constNode('slices', strings([1], '')),
      { name: 'read', op: 'RestoreV2', inputs: ['prefix', 'names', 'slices'], attrs: { dtypes: attr.dtypes(['DT_FLOAT']) } }
    ],
    collections: { saved_model_main_op: ['read'] },
    signatures: {}
  }, undefined, join(folder, 'version')), { status: 7, message: /outside of its folder/ })
})
