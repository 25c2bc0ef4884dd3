import t from 'tap'
import { flagsHelp, parseFlags } from '../../src/embedded/flags.js'

t.test('both forms, switches, ignored flags', async t => {
  const flags = parseFlags(['--port=0', '--rest_api_port', '0', '--grpc_socket_path=/run/s.sock', '--max_num_load_retries=0', '--grpc_max_threads=32', '--enable_batching', '--noenable_model_warmup', '--exit_on_stdin_close=true', '--model-config-file', 'f'])
  t.match(flags, { port: 0, socketPath: '/run/s.sock', maxLoadRetries: 0, exitOnStdinClose: true, modelConfigFile: 'f', labelsForUnavailable: false, warmupIterations: 0, ignored: ['grpc_max_threads', 'enable_batching'] })
  t.match(parseFlags([]), { port: 8500, loadThreads: 4, maxLoadRetries: 5, loadRetryIntervalMs: 60_000, ignored: [] })
  t.match(parseFlags(['--allow_version_labels_for_unavailable_models', 'true', '--model_base_path', '/m']), { labelsForUnavailable: true, modelName: 'default' })
  t.ok(parseFlags(['--help']).help)
  t.match(flagsHelp, /Examples:/)
})

t.test('faults name the flag, all at once', async t => {
  const fault = (argv: string[], message: RegExp): void => { t.throws(() => parseFlags(argv), { code: 'CONFIG_INVALID', message }, argv.join(' ')) }
  fault(['--nope', '--neither=1', 'word'], /unknown flag --nope\nunknown flag --neither\nunexpected argument "word"/)
  fault(['--port=x', '--max_num_load_retries=-1'], /--port must be a whole number.*\n--max_num_load_retries/s)
  fault(['--port=70000'], /65535/)
  fault(['--grpc_socket_path'], /needs a value/)
  fault(['--port=0'], /nothing to listen on/)
  fault(['--rest_api_port=8501'], /outrigger serve/)
  fault(['--model_config_file=a', '--model_base_path=b'], /exclude each other/)
  fault(['--exit_on_stdin_close=maybe'], /true or false/)
})
