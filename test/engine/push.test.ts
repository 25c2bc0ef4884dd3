// What may be pushed, and the bytes of a reload.
import t from 'tap'
import { codecs } from '../../src/grpc/protos.js'
import { checkServables, missingVersions, pushable, reloadRequest } from '../../src/engine/push.js'

t.test('versions are folders with something in them, leading zeros allowed', async t => {
  const basePath = t.testdir({ '00000123': { f: '' }, '2': {}, '3': 'a file', '.tmp-4': { f: '' } })
  const gone = { name: 'n', basePath: `${basePath}/nowhere`, versions: [1n] }
  t.same(await missingVersions([{ name: 'm', basePath, versions: [123n, 2n, 3n, 4n] }, gone]), [[2n, 3n, 4n], [1n]])
  await t.rejects(checkServables([{ name: 'm', basePath, versions: [123n, 4n] }]), { code: 'MODEL_FAILED_PRECONDITION', model: 'm', message: /version 4/ })
  await checkServables([{ name: 'm', basePath, versions: [123n] }])
  t.same(await pushable([{ name: 'm', basePath, versions: [123n, 2n] }, { name: 'n', basePath, versions: [7n] }]), [{ name: 'm', basePath, versions: [123n] }])
})

t.test('a disk that does not answer in time is a refusal', async t => {
  await t.rejects(missingVersions([{ name: 'm', basePath: t.testdir({}), versions: [1n] }], -1), { code: 'MODEL_FAILED_PRECONDITION', model: 'm', message: /could not be read/ })
})

t.test('specific versions, no labels', async t => {
  const bytes = reloadRequest([{ name: 'm', basePath: '/b', versions: [9223372036854775807n] }])
  t.match(codecs.reloadConfigRequest.decode(bytes).config?.model_config_list?.config, [
    { name: 'm', base_path: '/b', model_version_policy: { specific: { versions: ['9223372036854775807'] } }, version_labels: {} }
  ])
})
