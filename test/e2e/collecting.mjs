// Preloaded where memory is measured: the process collects its garbage on SIGCONT, so that what it holds is seen and not what no collector has looked at yet. So does the embedded model server that it starts.
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  process.on('SIGCONT', () => { collect() })
  // What the service starts for an embedded model server, which gets none of NODE_OPTIONS.
  process.execPath = fileURLToPath(new URL('collecting-node', import.meta.url))
}
