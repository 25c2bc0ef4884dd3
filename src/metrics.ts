// Every metric of the service: name, help, labels, buckets. Knows no HTTP.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Registry as PrometheusRegistry } from 'prom-client'
import type { Engine } from './engine/engine.js'
import { errorTable, type ErrorCode } from './errors.js'
import { Histogram, type Series } from './histogram.js'
import type { BatchingState } from './inference/batch-proof.js'
import type { ModelEntry, VersionEntry } from './inference/registry.js'
import { MetricLabels } from './metric-labels.js'

/** The calls by which the rest of the service measures. */
export interface Metrics {
  readonly registry: PrometheusRegistry
  /** One finished HTTP request. `model` is undefined where the request named no served model. */
  request (sample: { api: string, route: string, method: string, status: number, model: string | undefined, version: string | undefined, seconds: number }): void
  /** One stage of one request: decode, preprocess, queue, predict, postprocess, encode. */
  stage (stage: string, model: string, version: string, seconds: number): void
  /** One call of a model server that went through the batcher: how many requests it held, and rows. */
  batch (model: string, version: string, requests: number, rows: number): void
  /** A batch whose requests were called each alone after all. */
  batchApart (model: string, version: string, reason: BatchApart): void
  /** A request that the batcher gave up before it was sent. */
  batchDropped (model: string, version: string, reason: BatchDrop): void
  /** A request began (1) or ended (-1). */
  inFlight (change: 1 | -1): void
  /** An error was answered. */
  failure (code: ErrorCode): void
  /** A version went live this long after its load began. */
  modelLoaded (model: string, version: string, seconds: number): void
  /** What the requests took that were made before this version went live. */
  modelWarmed (model: string, version: string, firstSeconds: number, warmSeconds: number | undefined): void
  /** A version could not go live, or was refused. */
  versionFailed (model: string): void
  /** Whether the service stands in Consul now. */
  consulRegistered (registered: boolean): void
  /** The issuer's key set was fetched, or could not be. */
  tokenKeysFetched (good: boolean): void
  /** A line of the audit trail was lost. */
  auditDropped (): void
  /** A call to the Consul agent failed. */
  consulFailure (call: ConsulCall): void
  /** A connection came (1) or went (-1). */
  connections (change: 1 | -1): void
  /** A connection was refused or cut. */
  connectionEnded (reason: ConnectionEnd): void
  /** The certificate in force is good until then, in seconds since 1970. */
  certificateUntil (notAfter: number): void
}

/** limit: answered 503 beyond max-connections; dropped: not even accepted; slow-reader: did not take its answer in time; tls: the handshake failed. */
export const connectionEnds = ['limit', 'dropped', 'slow-reader', 'tls'] as const
export type ConnectionEnd = (typeof connectionEnds)[number]

export const consulCalls = ['register', 'read', 'update', 'maintenance', 'deregister'] as const
export type ConsulCall = (typeof consulCalls)[number]

export const stages = ['decode', 'preprocess', 'queue', 'predict', 'postprocess', 'encode'] as const

/** The model server refused the batch, its connection broke, or its answer has other rows than the request. */
export const batchAparts = ['refused', 'lost', 'rows'] as const
export type BatchApart = (typeof batchAparts)[number]

/** Too many bytes wait, the wait would be too long, the deadline passed, the caller left. */
export const batchDropReasons = ['bytes', 'wait', 'deadline', 'left'] as const
export type BatchDrop = (typeof batchDropReasons)[number]

export interface MetricsOptions {
  readonly build: { readonly version: string, readonly commit: string | null }
  /** Asked at every scrape. */
  readonly engines: () => readonly Engine[]
  /** Asked at every scrape, and to tell a served model's name from what a caller made up. */
  readonly models: () => readonly ModelEntry[]
  /** Asked at every scrape: a version's signatures, batched or not. */
  readonly batching?: (entry: VersionEntry) => ReadonlyMap<string, BatchingState>
  /** Also the process's own metrics (memory, CPU, event loop). True unless said otherwise. */
  readonly processMetrics?: boolean
  /** Milliseconds, monotonic. */
  readonly now?: () => number
}

/** From what a cached lookup takes to the default time limit; the objectives that people set lie in between. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Stages are parts of a request, so they begin a step lower. */
const stageBuckets = [0.0001, 0.00025, 0.0005, ...requestBuckets]

/** Requests and rows of one call. */
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

const knownStages = new Set<string>(stages)
const batchKey = ({ model, version }: { model: string, version: string }): string => `${model}\n${version}`
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Series whose values are read from the engines and the model list at every scrape; `onModels` is called before anything is told of models. */
function observed (registry: Registry, options: MetricsOptions, onModels: () => void): void {
  const registers = [registry]
  const perEngine = (name: string, help: string, read: (engine: Engine) => number | undefined): void => {
    new Gauge({
      name, help, registers, labelNames: ['engine'],
      collect () {
        this.reset()
        for (const engine of options.engines()) {
          const value = read(engine)
          if (value !== undefined) this.set({ engine: engine.kind }, value)
        }
      }
    })
  }
  perEngine('outrigger_child_up', 'Whether the model server runs and answers (1) or not (0).', engine => engine.report().state === 'running' ? 1 : 0)
  perEngine('outrigger_child_resident_memory_bytes', 'Resident set size of the model server.', engine => engine.report().rssBytes)
  perEngine('outrigger_child_memory_budget_bytes', 'Resident memory over which the model server is replaced (--engine-memory-budget).', engine => engine.report().memoryBudgetBytes)
  new Counter({
    name: 'outrigger_child_replacements_total', help: 'How often the model server was replaced by another one while it served, and how often that failed and the old one served on.', registers, labelNames: ['engine', 'result'],
    collect () {
      this.reset()
      for (const engine of options.engines()) {
        const { completed, failed } = engine.report().replacements
        this.inc({ engine: engine.kind, result: 'completed' }, completed)
        this.inc({ engine: engine.kind, result: 'failed' }, failed)
      }
    }
  })
  new Counter({
    name: 'outrigger_child_restarts_total', help: 'How often the model server was started again after it ended or froze.', registers, labelNames: ['engine'],
    collect () {
      this.reset()
      for (const engine of options.engines()) this.inc({ engine: engine.kind }, engine.report().restarts)
    }
  })
  new Gauge({
    name: 'outrigger_model_available', help: 'Whether this version is routed to (1), or known and not (0).', registers, labelNames: ['model', 'version'],
    collect () {
      onModels()
      this.reset()
      for (const entry of options.models()) {
        for (const { version, state } of entry.versions) this.set({ model: entry.name, version: version.toString() }, state === 'available' ? 1 : 0)
      }
    }
  })
  new Gauge({
    name: 'outrigger_batching', help: 'Whether calls of this signature are batched (1) or not (0), and why.', registers, labelNames: ['model', 'version', 'signature', 'cause'],
    collect () {
      this.reset()
      for (const version of options.models().flatMap(({ versions }) => versions)) {
        for (const [signature, { on, cause }] of options.batching?.(version) ?? []) this.set({ model: version.model, version: version.version.toString(), signature, cause }, on ? 1 : 0)
      }
    }
  })
}

/** All metrics in a registry of their own. Series whose labels are known beforehand stand at 0 from the start, so that a first failure is a rise. */
export function createMetrics (options: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const limits = new MetricLabels({ ...options, onForgotten })
  if (options.processMetrics !== false) {
    collectDefaultMetrics({ register: registry })
    // Gauges whose names end like a counter's; the same numbers stand in the series by type.
    for (const name of ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']) registry.removeSingleMetric(name)
  }
  new Gauge({ name: 'outrigger_build_info', help: 'Version and commit of the service; always 1.', registers, labelNames: ['version', 'commit', 'node'] })
    .set({ version: options.build.version, commit: options.build.commit ?? '', node: process.version }, 1)
  observed(registry, options, () => { limits.sweep() })

  const requestLabels = ['api', 'route', 'method', 'model', 'version'] as const
  /** By the label values, joined: what a request adds to. */
  const requestSeries = new Map<string, { readonly seconds: Series<(typeof requestLabels)[number]>, readonly statuses: Map<number, number> }>()
  const stageSeries = new Map<string, Series>()
  new Counter({
    name: 'outrigger_requests_total', help: 'HTTP requests that ended; status 499 is a caller that left.', registers, labelNames: [...requestLabels, 'status'],
    collect () {
      this.reset()
      for (const { seconds: { labels }, statuses } of requestSeries.values()) {
        for (const [status, count] of statuses) this.inc({ ...labels, status: status.toString() }, count)
      }
    }
  })
  const seconds = new Histogram({ name: 'outrigger_request_seconds', help: 'Time from the head of a request to the end of its answer.', labelNames: requestLabels, buckets: requestBuckets }, registry)
  const stageSeconds = new Histogram({ name: 'outrigger_stage_seconds', help: 'Time of one stage of a request.', labelNames: ['stage', 'model', 'version'], buckets: stageBuckets }, registry)
  const batchRequests = new Histogram({ name: 'outrigger_batch_requests', help: 'Requests in one call of the model server.', labelNames: ['model', 'version'], buckets: batchBuckets }, registry)
  const batchRows = new Histogram({ name: 'outrigger_batch_rows', help: 'Rows in one call of the model server.', labelNames: ['model', 'version'], buckets: batchBuckets }, registry)
  const batchSeries = new Map<string, { readonly requests: Series, readonly rows: Series }>()
  const batchesApart = new Counter({ name: 'outrigger_batches_apart_total', help: 'Batches whose requests were called each alone after all.', registers, labelNames: ['model', 'version', 'reason'] })
  const batchDrops = new Counter({ name: 'outrigger_batch_dropped_total', help: 'Requests that were given up before they were sent to the model server.', registers, labelNames: ['model', 'version', 'reason'] })
  const inFlight = new Gauge({ name: 'outrigger_requests_in_flight', help: 'HTTP requests that are being answered now.', registers })
  const failures = new Counter({ name: 'outrigger_failures_total', help: 'Errors that were answered, by code (docs/errors.md).', registers, labelNames: ['code'] })
  const loadSeconds = new Gauge({ name: 'outrigger_model_load_seconds', help: 'How long the last load of this version took until it went live.', registers, labelNames: ['model', 'version'] })
  const firstSeconds = new Gauge({ name: 'outrigger_model_first_request_seconds', help: 'How long the first request of this version took, made before it went live.', registers, labelNames: ['model', 'version'] })
  const warmSeconds = new Gauge({ name: 'outrigger_model_warm_request_seconds', help: 'How long such a request took once this version was warm, made before it went live.', registers, labelNames: ['model', 'version'] })
  const versionFailures = new Counter({ name: 'outrigger_version_failures_total', help: 'Versions that did not go live: their load, handler or examples failed, or they do not fit. GET /changes says why.', registers, labelNames: ['model'] })
  const keyFetches = new Counter({ name: 'outrigger_token_key_fetches_total', help: "Fetches of the issuer's key set by URL, by result.", registers, labelNames: ['result'] })
  const auditDropped = new Counter({ name: 'outrigger_audit_dropped_total', help: 'Lines of the audit trail that were lost because the disk did not take them in time.', registers })
  const registered = new Gauge({ name: 'outrigger_consul_registered', help: 'Whether this instance is registered in Consul (1) or not (0).', registers })
  const consulFailures = new Counter({ name: 'outrigger_consul_failures_total', help: 'Calls to the Consul agent that failed, by call.', registers, labelNames: ['call'] })
  const connections = new Gauge({ name: 'outrigger_connections', help: 'Connections of callers that are open now.', registers })
  const connectionsEnded = new Counter({ name: 'outrigger_connections_ended_total', help: 'Connections that were refused or cut, by reason.', registers, labelNames: ['reason'] })
  for (const reason of connectionEnds) connectionsEnded.inc({ reason }, 0)
  const certificate = new Gauge({ name: 'outrigger_tls_certificate_not_after_seconds', help: 'When the TLS certificate in force ends, in seconds since 1970.', registers })
  // Without TLS it has no value: 0 would be one that is over.
  certificate.remove()
  for (const code of Object.keys(errorTable)) failures.inc({ code }, 0)
  for (const result of ['good', 'failed']) keyFetches.inc({ result }, 0)
  for (const call of consulCalls) consulFailures.inc({ call }, 0)

  /** See MetricLabels. */
  function onForgotten (model: string, version: string): void {
    for (const [key, { seconds: { labels } }] of requestSeries) if (labels.model === model && labels.version === version) requestSeries.delete(key)
    for (const [key, { labels }] of stageSeries) if (labels.model === model && labels.version === version) stageSeries.delete(key)
    batchSeries.delete(batchKey({ model, version }))
    for (const histogram of [seconds, stageSeconds, batchRequests, batchRows]) histogram.remove({ model, version })
    for (const reason of batchAparts) batchesApart.remove({ model, version, reason })
    for (const reason of batchDropReasons) batchDrops.remove({ model, version, reason })
    for (const gauge of [loadSeconds, firstSeconds, warmSeconds]) gauge.remove({ model, version })
    if (version === '') versionFailures.remove({ model })
  }

  return {
    registry: registry as PrometheusRegistry,
    request (sample) {
      const { api, route, status } = sample
      const method = methods.has(sample.method) ? sample.method : '_other'
      const model = limits.model(sample.model)
      const version = limits.version(model, sample.version)
      const key = `${api}\n${route}\n${method}\n${model}\n${version}`
      let series = requestSeries.get(key)
      if (series === undefined) requestSeries.set(key, series = { seconds: seconds.series({ api, route, method, model, version }), statuses: new Map() })
      series.seconds.observe(sample.seconds)
      series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1)
    },
    stage (given, givenModel, givenVersion, time) {
      const stage = knownStages.has(given) ? given : '_other'
      const model = limits.model(givenModel)
      const version = limits.version(model, givenVersion)
      const key = `${stage}\n${model}\n${version}`
      let series = stageSeries.get(key)
      if (series === undefined) stageSeries.set(key, series = stageSeconds.series({ stage, model, version }))
      series.observe(time)
    },
    batch (givenModel, givenVersion, requests, rows) {
      const labels = limits.both(givenModel, givenVersion)
      const key = batchKey(labels)
      let series = batchSeries.get(key)
      if (series === undefined) batchSeries.set(key, series = { requests: batchRequests.series(labels), rows: batchRows.series(labels) })
      series.requests.observe(requests)
      series.rows.observe(rows)
    },
    batchApart (model, version, reason) { batchesApart.inc({ ...limits.both(model, version), reason }) },
    batchDropped (model, version, reason) { batchDrops.inc({ ...limits.both(model, version), reason }) },
    inFlight (change) { inFlight.inc(change) },
    failure (code) { failures.inc({ code }) },
    modelLoaded (model, version, time) { loadSeconds.set(limits.both(model, version), time) },
    modelWarmed (model, version, first, warm) {
      const labels = limits.both(model, version)
      firstSeconds.set(labels, first)
      if (warm !== undefined) warmSeconds.set(labels, warm)
    },
    versionFailed (model) { versionFailures.inc({ model: limits.model(model) }) },
    tokenKeysFetched (good) { keyFetches.inc({ result: good ? 'good' : 'failed' }) },
    auditDropped () { auditDropped.inc() },
    consulRegistered (value) { registered.set(value ? 1 : 0) },
    consulFailure (call) { consulFailures.inc({ call }) },
    connections (change) { connections.inc(change) },
    connectionEnded (reason) { connectionsEnded.inc({ reason }) },
    certificateUntil (notAfter) { certificate.set(notAfter) }
  }
}

/**
 * The Prometheus text format 0.0.4 of a registry rewritten as OpenMetrics 1.0: counters are named without `_total` in their
 * HELP and TYPE lines, no blank lines, an end mark. (prom-client's own way renames the metrics themselves, for every later scrape.)
 */
export function toOpenMetrics (text: string): string {
  const lines: string[] = []
  const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(match => match[1]))
  for (const line of text.split('\n')) {
    if (line === '') continue
    const head = /^(# (?:HELP|TYPE) )(\S+)_total( .*)$/.exec(line)
    if (head !== null && counters.has(head[2])) lines.push(`${head[1]}${head[2]}${head[3]}`)
    else lines.push(line.replace(/ Nan$/, ' NaN'))
  }
  return `${lines.join('\n')}\n# EOF\n`
}
