// The child sees what a model server needs, and nothing of the service.
import t from 'tap'
import { childEnvironment } from '../../src/engine/environment.js'

t.test('an allow-list', async t => {
  t.same(childEnvironment({
    PATH: '/bin', HOME: '/root', LD_LIBRARY_PATH: '/l', CUDA_VISIBLE_DEVICES: '0', NVIDIA_VISIBLE_DEVICES: 'all', TF_CPP_MIN_LOG_LEVEL: '1', TZ: 'UTC', LC_ALL: 'C', LANG: undefined,
    OUTRIGGER_JWT_SECRET: 's', CONSUL_HTTP_TOKEN: 's', VAULT_TOKEN: 's', AWS_SECRET_ACCESS_KEY: 's', NOMAD_ALLOC_ID: 'a', NODE_OPTIONS: '--inspect', MALLOC_ARENA_MAX: '1'
  }, 'tensorflow'), { PATH: '/bin', HOME: '/root', LD_LIBRARY_PATH: '/l', CUDA_VISIBLE_DEVICES: '0', NVIDIA_VISIBLE_DEVICES: 'all', TF_CPP_MIN_LOG_LEVEL: '1', TZ: 'UTC', LC_ALL: 'C' })
})

t.test('the embedded one allocates from few arenas', async t => {
  t.same(childEnvironment({ PATH: '/bin' }, 'embedded'), { PATH: '/bin', MALLOC_ARENA_MAX: '2' })
  t.same(childEnvironment({ PATH: '/bin', MALLOC_ARENA_MAX: '4' }, 'embedded'), { PATH: '/bin', MALLOC_ARENA_MAX: '4' })
})
