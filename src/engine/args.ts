// The arguments of a model server, the same for tensorflow_model_server and for ours. Knows no process.
import { availableParallelism } from 'node:os'

/** What is written into the file behind --model_config_file: no model at all, so that the socket appears at once; models are pushed later. */
export const emptyModelConfig = 'model_config_list { }\n'

/**
 * Threads above the calls that we let in at once: for status calls and reloads, and for calls whose caller has left but which the
 * server still works on. Calls beyond its threads the server refuses instead of queueing them.
 */
const spareThreads = 16

/**
 * Versions that a model server loads at the same time: so many that two slow ones, from a share or with much to warm up, do not keep a third
 * waiting; so few that the loads leave cores and memory to the requests.
 */
export const loadsAtOnce = 4

/** How many calls a model server of this machine gets at once when nothing else is said: four per core, as its own default, but at least 16. */
export const defaultMaxInFlight = (): number => Math.max(16, 4 * availableParallelism())

export interface ArgsOptions {
  socketPath: string
  configFile: string
  /** Calls in flight over all models. */
  maxInFlight: number
  /** Further flags, after ours. */
  extra?: readonly string[]
}

/** The flags: no TCP port, one Unix socket, a load that fails is reported at once instead of being tried for minutes. */
export function modelServerArgs ({ socketPath, configFile, maxInFlight, extra = [] }: ArgsOptions): string[] {
  return [
    '--port=0',
    '--rest_api_port=0',
    `--grpc_socket_path=${socketPath}`,
    `--model_config_file=${configFile}`,
    '--max_num_load_retries=0',
    `--grpc_max_threads=${maxInFlight + spareThreads}`,
    `--num_load_threads=${loadsAtOnce}`,
    '--num_unload_threads=1',
    ...extra
  ]
}
