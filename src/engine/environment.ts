// What of the service's environment a model server gets to see: an allow-list, so that no token or address of the service leaks into it. MALLOC_ARENA_MAX is not on it: what suits our few threads would have TensorFlow's many wait for one another.

const allowed = [
  'PATH', 'HOME', 'USER', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'MALLOC_CONF',
  'OMP_NUM_THREADS', 'KMP_AFFINITY', 'KMP_BLOCKTIME', 'XLA_FLAGS', 'ROCR_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES',
  'GRPC_VERBOSITY', 'GRPC_TRACE'
]
const allowedPrefixes = ['LC_', 'TF_', 'CUDA_', 'NVIDIA_', 'ONEDNN_', 'DNNL_', 'TCMALLOC_']

/** The child's environment, taken from `parent` (the service's own). */
export function childEnvironment (parent: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(parent)) {
    if (value !== undefined && (allowed.includes(name) || allowedPrefixes.some(prefix => name.startsWith(prefix)))) environment[name] = value
  }
  return environment
}
