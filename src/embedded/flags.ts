// The flags of the embedded model server: those of tensorflow_model_server that mean something here; its others are accepted and named as ignored.
import { OutriggerError } from '../errors.js'

export interface ModelServerFlags {
  readonly socketPath: string | undefined
  /** TCP port for gRPC; 0 for none. */
  readonly port: number
  readonly modelConfigFile: string | undefined
  readonly modelName: string
  readonly modelBasePath: string | undefined
  readonly maxLoadRetries: number
  readonly loadRetryIntervalMs: number
  readonly loadThreads: number
  readonly labelsForUnavailable: boolean
  readonly exitOnStdinClose: boolean
  /** How often each request of a version's warm-up file is run when it loads; 0 for not at all. */
  readonly warmupIterations: number
  readonly help: boolean
  /** Flags of the real server that were given and do nothing here. */
  readonly ignored: readonly string[]
}

type Kind = 'text' | 'number' | 'bool'

const known: Readonly<Record<string, Kind>> = {
  grpc_socket_path: 'text',
  port: 'number',
  rest_api_port: 'number',
  model_config_file: 'text',
  model_name: 'text',
  model_base_path: 'text',
  max_num_load_retries: 'number',
  load_retry_interval_micros: 'number',
  num_load_threads: 'number',
  allow_version_labels_for_unavailable_models: 'bool',
  exit_on_stdin_close: 'bool',
  enable_model_warmup: 'bool',
  num_request_iterations_for_warmup: 'number',
  help: 'bool'
}

/** Flags of tensorflow_model_server that have no meaning for this server. */
const foreign: Readonly<Record<string, Kind>> = {
  grpc_max_threads: 'number',
  grpc_channel_arguments: 'text',
  enable_batching: 'bool',
  allow_unbatchable_signatures: 'bool',
  enable_per_model_batching_parameters: 'bool',
  batching_parameters_file: 'text',
  rest_api_num_threads: 'number',
  rest_api_timeout_in_ms: 'number',
  rest_api_enable_cors_support: 'bool',
  model_config_file_poll_wait_seconds: 'number',
  file_system_poll_wait_seconds: 'number',
  num_unload_threads: 'number',
  flush_filesystem_caches: 'bool',
  tensorflow_session_parallelism: 'number',
  tensorflow_session_config_file: 'text',
  tensorflow_intra_op_parallelism: 'number',
  tensorflow_inter_op_parallelism: 'number',
  monitoring_config_file: 'text',
  saved_model_tags: 'text',
  platform_config_file: 'text',
  per_process_gpu_memory_fraction: 'number',
  enable_signature_method_name_check: 'bool',
  enable_serialization_as_tensor_content: 'bool',
  enable_grpc_healthcheck_service: 'bool',
  enable_profiler: 'bool',
  use_tflite_model: 'bool',
  prefer_tflite_model: 'bool',
  num_tflite_interpreters: 'number',
  num_tflite_pools: 'number',
  remove_unused_fields_from_bundle_metagraph: 'bool',
  xla_cpu_compilation_enabled: 'bool',
  xla_gpu_compilation_enabled: 'bool',
  thread_pool_factory_config_file: 'text',
  mixed_precision: 'text',
  skip_initialize_tpu: 'bool',
  enforce_session_run_timeout: 'bool',
  responsive_server: 'bool'
}

const fault = (message: string): OutriggerError => new OutriggerError('CONFIG_INVALID', message)

/** Flags as written: `--name=value`, `--name value`, `--name` and `--noname` for switches. Throws CONFIG_INVALID that names every fault. */
function split (argv: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  const faults: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const [, dashed, inline] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(argv[i]) ?? []
    if (dashed === undefined) { faults.push(`unexpected argument ${JSON.stringify(argv[i])}`); continue }
    const name = dashed.replaceAll('-', '_')
    const kindOf = (flag: string): Kind | undefined => Object.hasOwn(known, flag) ? known[flag] : Object.hasOwn(foreign, flag) ? foreign[flag] : undefined
    const kind = kindOf(name)
    if (kind === undefined && inline === undefined && name.startsWith('no') && kindOf(name.slice(2)) === 'bool') values.set(name.slice(2), 'false')
    else if (kind === undefined) faults.push(`unknown flag --${dashed}`)
    else if (inline !== undefined) values.set(name, inline)
    else if (kind === 'bool') values.set(name, /^(true|false)$/.test(argv[i + 1] ?? '') ? argv[++i] : 'true')
    else if (argv[i + 1] === undefined) faults.push(`--${dashed} needs a value`)
    else values.set(name, argv[++i])
  }
  if (faults.length > 0) throw fault(`${faults.join('\n')}\n\`outrigger model-server --help\` lists the flags`)
  return values
}

/** Reads the flags. Throws CONFIG_INVALID for unknown flags, bad values, and when there is nothing to listen on. */
export function parseFlags (argv: readonly string[]): ModelServerFlags {
  const values = split(argv)
  const faults: string[] = []
  const number = (name: string, fallback: number, max = Number.MAX_SAFE_INTEGER): number => {
    const text = values.get(name)
    if (text === undefined) return fallback
    if (/^\d+$/.test(text) && Number(text) <= max) return Number(text)
    faults.push(`--${name} must be a whole number from 0 to ${max}, got ${JSON.stringify(text)}`)
    return fallback
  }
  const bool = (name: string, fallback = 'false'): boolean => {
    const text = values.get(name) ?? fallback
    if (!/^(true|false|1|0)$/.test(text)) faults.push(`--${name} must be true or false, got ${JSON.stringify(text)}`)
    return text === 'true' || text === '1'
  }
  const text = (name: string): string | undefined => values.get(name) || undefined
  const flags: ModelServerFlags = {
    socketPath: text('grpc_socket_path'),
    port: number('port', text('grpc_socket_path') === undefined ? 8500 : 0, 65535),
    modelConfigFile: text('model_config_file'),
    modelName: text('model_name') ?? 'default',
    modelBasePath: text('model_base_path'),
    maxLoadRetries: number('max_num_load_retries', 5),
    loadRetryIntervalMs: number('load_retry_interval_micros', 60_000_000) / 1000,
    loadThreads: Math.max(1, number('num_load_threads', 4)),
    labelsForUnavailable: bool('allow_version_labels_for_unavailable_models'),
    exitOnStdinClose: bool('exit_on_stdin_close'),
    warmupIterations: bool('enable_model_warmup', 'true') ? number('num_request_iterations_for_warmup', 1) : 0,
    help: bool('help'),
    ignored: [...values.keys()].filter(name => Object.hasOwn(foreign, name))
  }
  if (flags.help) return flags
  if (number('rest_api_port', 0, 65535) !== 0) faults.push('--rest_api_port: this server speaks gRPC only; `outrigger serve` offers the REST API')
  if (flags.socketPath === undefined && flags.port === 0) faults.push('nothing to listen on: give --grpc_socket_path=PATH, or a --port other than 0')
  if (flags.modelConfigFile !== undefined && flags.modelBasePath !== undefined) faults.push('--model_config_file and --model_base_path exclude each other')
  if (faults.length > 0) throw fault(faults.join('\n'))
  return flags
}

export const flagsHelp = `Usage: outrigger model-server --grpc_socket_path=PATH [FLAGS]

A model server of its own, in the place of tensorflow_model_server: the same gRPC
services, without TensorFlow. \`outrigger serve\` starts one by itself; run it alone
to serve gRPC clients.

  --grpc_socket_path=PATH     listen on this Unix socket
  --port=N                    listen on this TCP port (8500 when no socket is given, else 0: off)
  --model_config_file=FILE    models to serve: a ModelServerConfig in protobuf's text form
  --model_base_path=DIR       or one model: the folder that holds its versions
  --model_name=NAME           and its name (default: default)
  --max_num_load_retries=N    how often a failed load is tried again (5)
  --load_retry_interval_micros=N   and how long after (60000000)
  --num_load_threads=N        versions that load at the same time (4)
  --allow_version_labels_for_unavailable_models
                              take labels for versions that are not loaded yet
  --enable_model_warmup=BOOL  run the requests of assets.extra/tf_serving_warmup_requests before a version
                              is available (true)
  --num_request_iterations_for_warmup=N   each of them so often (1)
  --exit_on_stdin_close       end when standard input ends
  --help                      this text

Values follow after = or a blank. Other flags of tensorflow_model_server are accepted and ignored.

Examples:
  outrigger model-server --grpc_socket_path=/run/models.sock --model_name=titanic --model_base_path=/srv/models/titanic
  outrigger model-server --port=8500 --model_config_file=models.config
`
