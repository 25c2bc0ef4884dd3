// The flags of a model server.
import t from 'tap'
import { defaultMaxInFlight, modelServerArgs } from '../../src/engine/args.js'

t.test('one private socket, no TCP port, no retries, more threads than calls', async t => {
  const args = modelServerArgs({ socketPath: '/run/a b/s', configFile: '/run/a b/c', maxInFlight: 32, extra: ['--enable_batching=true'] })
  for (const flag of ['--port=0', '--rest_api_port=0', '--grpc_socket_path=/run/a b/s', '--model_config_file=/run/a b/c', '--max_num_load_retries=0']) t.ok(args.includes(flag), flag)
  t.ok(Number(args.find(arg => arg.startsWith('--grpc_max_threads='))?.split('=')[1]) > 32)
  t.equal(args.at(-1), '--enable_batching=true')
  t.ok(defaultMaxInFlight() >= 16)
})
