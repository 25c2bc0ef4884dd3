// What of the service's environment a model server gets to see: an allow-list, so that no token or address of the service leaks into it.
import type { EngineKind } from './engine.js'

const allowed = [
  'PATH', 'HOME', 'USER', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'MALLOC_CONF',
  'OMP_NUM_THREADS', 'KMP_AFFINITY', 'KMP_BLOCKTIME', 'XLA_FLAGS', 'ROCR_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES',
  'GRPC_VERBOSITY', 'GRPC_TRACE'
]
const allowedPrefixes = ['LC_', 'TF_', 'CUDA_', 'NVIDIA_', 'ONEDNN_', 'DNNL_', 'TCMALLOC_']

/** Arenas from which the embedded model server's threads allocate, unless the service itself is told another number. */
const defaultArenas = '2'

/**
 * The child's environment, taken from `parent` (the service's own). MALLOC_ARENA_MAX is for the embedded one alone: it starts a thread for every version, and glibc
 * gives each an arena of which it returns little; TensorFlow's many threads would wait for one another.
 */
export function childEnvironment (parent: Readonly<NodeJS.ProcessEnv>, kind: EngineKind): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(parent)) {
    if (value !== undefined && (allowed.includes(name) || allowedPrefixes.some(prefix => name.startsWith(prefix)))) environment[name] = value
  }
  if (kind === 'embedded') environment.MALLOC_ARENA_MAX = parent.MALLOC_ARENA_MAX ?? defaultArenas
  return environment
}
