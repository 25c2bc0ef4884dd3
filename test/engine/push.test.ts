// What may be pushed, and the bytes of a reload.
import t from 'tap'
import { codecs } from '../../src/grpc/protos.js'
import { checkServables, missingVersions, pushable, reloadRequest } from '../../src/engine/push.js'

t.test('versions are folders with something in them, leading zeros allowed', async t => {
  const basePath = t.testdir({ '00000123': { f: '' }, '2': {}, '3': 'a file', '.tmp-4': { f: '' } })
  t.same(missingVersions({ name: 'm', basePath, versions: [123n, 2n, 3n, 4n] }), [2n, 3n, 4n])
  t.throws(() => checkServables([{ name: 'm', basePath, versions: [123n, 4n] }]), { code: 'MODEL_FAILED_PRECONDITION', model: 'm', message: /version 4/ })
  t.doesNotThrow(() => checkServables([{ name: 'm', basePath, versions: [123n] }]))
  t.same(pushable([{ name: 'm', basePath, versions: [123n, 2n] }, { name: 'n', basePath, versions: [7n] }]), [{ name: 'm', basePath, versions: [123n] }])
})

t.test('specific versions, no labels', async t => {
  const bytes = reloadRequest([{ name: 'm', basePath: '/b', versions: [9223372036854775807n] }])
  t.match(codecs.reloadConfigRequest.decode(bytes).config?.model_config_list?.config, [
    { name: 'm', base_path: '/b', model_version_policy: { specific: { versions: ['9223372036854775807'] } }, version_labels: {} }
  ])
})
