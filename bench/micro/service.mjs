// The service's own HTTP server from a dist folder, with one model that answers at once in the same process, for programs here that count what HTTP, decoding and encoding take.

/**
 * `model`: its name, inputs and outputs of its only signature, and `predict`, which gives the outputs.
 * A build to compare with may be older than some of what is imported here.
 */
export async function buildService (dist, { logRequests = true, model: { name, inputs, outputs, predict } }) {
  const { buildServer } = await import(`${dist}/http/server.js`)
  const { Registry } = await import(`${dist}/inference/registry.js`)
  const { createMetrics } = await import(`${dist}/metrics.js`)
  const { logOptions } = await import(`${dist}/log.js`)
  const { joinLines = stream => stream } = await import(`${dist}/joined-lines.js`).catch(() => ({}))
  const { pino } = await import('pino')
  const signatures = new Map([['serving_default', { name: 'serving_default', methodName: 'tensorflow/serving/predict', inputs, outputs }]])
  const registry = new Registry()
  registry.put({ name, required: true, timeoutMs: undefined, labels: new Map(), versions: [{ model: name, version: 1n, folder: '', format: 'saved-model', engine: {}, state: 'available', signatures, mayResend: () => true }] })
  const log = pino(logOptions('info', 'bench'), joinLines(pino.destination('/dev/null')))
  const metrics = createMetrics({ build: { version: '0', commit: null }, engines: () => [], models: () => registry.list() })
  return await buildServer({
    auth: await openAuth(dist, log, metrics),
    service: {
      registry, metrics, log, predict,
      engines: () => [],
      phase: () => 'serving', batching: () => new Map(), replaceEngine () {}, shutdown () {}, repositoryFaults: () => [], changes: () => [], reload () {}, moveLabel: async () => ({ from: undefined })
    },
    bodyLimitBytes: 1 << 26, requestTimeoutMs: () => 30_000, cors: noOrigin, logRequests: () => logRequests,
    admin: { allowLocalAdmin: () => false, adminSocket: undefined },
    version: { build: { version: '0', commit: null } }
  })
}

/** No page of another origin. Older builds read it as a text with commas. */
const noOrigin = Object.assign(() => undefined, { split: () => [] })

/** Nothing is restricted, as without any setting. */
async function openAuth (dist, log, metrics) {
  const { createAuth } = await import(`${dist}/auth/auth.js`).catch(() => ({}))
  if (createAuth === undefined) return undefined
  const { loadConfig } = await import(`${dist}/config/load.js`)
  const { config } = loadConfig([], {}, '/')
  return await createAuth(() => config, { log, metrics })
}
