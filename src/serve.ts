// The service: makes its parts, hands each what it needs, starts them in order and ends them in reverse. Only the command imports it.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { AsideThreads } from './aside/threads.js'
import { createAuth } from './auth/auth.js'
import { isLoopback } from './auth/address-list.js'
import { buildInfo } from './build-info.js'
import { Journal } from './changes/journal.js'
import { settingsReloader } from './changes/settings.js'
import { now } from './clock.js'
import { environment } from './config/environment.js'
import type { LoadedConfig } from './config/load.js'
import { liveConfig } from './config/reload.js'
import { openSecretFiles } from './config/secret-files.js'
import { createConsulUnit, registersItself } from './consul/registration.js'
import type { Engine, EngineKind } from './engine/engine.js'
import { findModelServer, requireModelServer } from './engine/find.js'
import { programVersion } from './engine/program-version.js'
import { batchingArgs } from './engine/tensorflow-batching.js'
import { createEngine } from './engine/supervisor.js'
import { OutriggerError } from './errors.js'
import { hints } from './hints.js'
import { healthReport } from './http/routes/health/report.js'
import { openCertificates } from './http/certificates.js'
import { createListeners, type At } from './http/listeners.js'
import type { Bound } from './http/plugins/listen.js'
import { buildServer } from './http/server.js'
import type { Service } from './http/service.js'
import { batchSettingsOf } from './inference/batch-settings.js'
import { Batcher } from './inference/batcher.js'
import { BatchingStates } from './inference/batching-states.js'
import { LargeCalls } from './inference/large-call.js'
import { Registry } from './inference/registry.js'
import { readLock } from './lock/lock-file.js'
import { startAll, stopAll, type StopFailure, type Unit } from './lifecycle.js'
import { createLog } from './log.js'
import { createMetrics } from './metrics.js'
import { enginePicker } from './repository/engine-picker.js'
import { Labels } from './repository/labels.js'
import { startWatch, type Watch } from './repository/watch.js'
import { makeRepository } from './serve-repository.js'

/** Limits of the stops that wait for no caller. With the drain's 15 s they stay below 30 s, the longest kill_timeout that a Nomad client grants by default; Consul's 9 s come on top only where Nomad does not start the service. */
const handlersStopMs = 2000
const engineStopMs = 6500
const journalStopMs = 500
const auditStopMs = 500
/** The drain delay where the service is registered in Consul and none is set: time for callers to hear of the deregistration. */
const registeredDrainDelayMs = 2000

const signals = ['SIGTERM', 'SIGINT'] as const
/** One Ctrl-C reaches us twice where npm or another runner passes it on; only a later second signal means: at once. */
const sameSignalMs = 250

/** Starts the service; resolves once it listens. From then on signals, POST /shutdown or the end of its model server end the process. `read` gives the configuration anew, for SIGHUP. Throws CONFIG_INVALID. */
export async function serve (loaded: LoadedConfig, read: () => LoadedConfig): Promise<void> {
  // As it was at the start; what can change while the service runs is asked for by `current`.
  const { config } = loaded
  const settings = liveConfig(loaded, read)
  const { current } = settings
  const { log, setLevel } = createLog(config.logLevel, config.serviceName)
  const registry = new Registry()
  registry.defaultModel = config.defaultModel
  const program = (): string => requireModelServer(config.tensorflowModelServer, environment.PATH)
  if (config.engine === 'tensorflow') program()
  const tensorflowArgs = batchingArgs({ on: config.tensorflowBatching, parametersFile: config.tensorflowBatchingParametersFile, engine: config.engine })
  const picker = enginePicker(makeEngine, config.engine, () => findModelServer(config.tensorflowModelServer, environment.PATH) !== undefined)
  const settingsOf = batchSettingsOf(registry, current)
  const states = new BatchingStates({ settingsOf, log })
  const metrics = createMetrics({ build: buildInfo, engines: picker.engines, models: () => registry.list(), batching: entry => states.of(entry) })
  const batcher = new Batcher({ settingsOf, states, metrics })
  const large = new LargeCalls({ settingsOf, states })
  const aside = new AsideThreads()
  const auth = await createAuth(current, { log, metrics })
  if (auth.tokens !== undefined && config.allowLocalAdmin) log.warn('--allow-local-admin has no effect where tokens are on: the admin routes need one with the scope admin, or the admin socket')
  const certificates = config.tlsCert === undefined || config.tlsKey === undefined
    ? undefined
    : await openCertificates({ cert: config.tlsCert, key: config.tlsKey, clientCa: config.tlsClientCa, minVersion: config.tlsMinVersion, clientsNeeded: config.tlsClients }, { log, onInForce: notAfter => { metrics.certificateUntil(notAfter) } })
  const listeners = createListeners({
    limits: { maxConnections: config.maxConnections, maxHeaderBytes: config.headerLimitBytes, headTimeoutMs: config.headTimeoutMs, receiveTimeoutMs: config.receiveTimeoutMs, keepAliveTimeoutMs: config.keepAliveTimeoutMs },
    certificates, log, metrics
  })
  const journal = new Journal({ folder: config.dataDir, log })
  const labels = new Labels({ folder: config.dataDir, log })
  for (const warning of openSecretFiles(loaded)) log.warn(warning)
  await Promise.all([journal.open(), labels.open()])
  const repository = makeRepository({ config, current, registry, log, metrics, engineFor: picker.engineFor, journal, labels, states })
  if (config.modelsLock !== undefined) await readLock(config.modelsLock)
  await repository.find()
  journal.add({ what: 'start', from: null, to: buildInfo.version, by: 'start' })

  const end = { draining: false, forced: false, failure: undefined as string | undefined, asked: undefined as string | undefined, begun: undefined as number | undefined }
  const phase: Service['phase'] = () => end.failure !== undefined ? 'failed' : end.draining ? 'draining' : repository.loading() ? 'loading' : 'serving'
  const faults: Service['repositoryFaults'] = () => [...repository.faults(), ...[journal.fault(), labels.fault()].flatMap(reason => reason === undefined ? [] : [{ model: 'data_dir', required: false, reason }])]
  const service: Service = {
    log,
    metrics,
    registry,
    engines: picker.engines,
    predict: (entry, inputs, options) => {
      const timeoutMs = registry.get(entry.model)?.timeoutMs
      return batcher.predict(entry, inputs, timeoutMs === undefined ? options : { ...options, deadline: Math.min(options.deadline, now() + timeoutMs) })
    },
    large,
    aside,
    batching: entry => states.of(entry),
    phase,
    shutdown: (mode, reason) => {
      log.info({ mode, reason }, 'shutdown')
      end.forced ||= mode === 'force'
      end.asked ??= reason
      close()
    },
    repositoryFaults: faults,
    changes: limit => journal.list(limit),
    reload: async (model, by) => {
      if (!await repository.knows(model)) throw new OutriggerError('MODEL_NOT_FOUND', `There is no model ${model}; there are: ${repository.names().join(', ') || 'none'}`, { model })
      journal.add({ what: 'reload', model, by })
      void repository.sync(by, [model])
    },
    replaceEngine: (kind, by) => {
      const engine = picker.engines().find(one => one.kind === kind)
      if (engine === undefined) throw new OutriggerError('ENGINE_NOT_FOUND', `No ${kind} model server runs here; there are: ${picker.engines().map(one => one.kind).join(', ') || 'none'}`)
      replaceEngine(engine, 'it was asked for', by)
    },
    moveLabel: async (model, label, version, by) => await repository.moveLabel(model, label, version, by)
  }

  let tensorflowVersion: string | null = null
  function makeEngine (kind: EngineKind): Engine {
    const engine: Engine = createEngine({
      kind,
      program: kind === 'tensorflow' ? { file: program(), args: [] } : { file: process.execPath, args: [fileURLToPath(new URL('./cli.js', import.meta.url)), 'model-server'] },
      environment,
      log: log.child({ engine: kind }),
      extraArgs: kind === 'tensorflow' ? tensorflowArgs : [],
      ...(config.modelsLock === undefined ? {} : { recheck: async (name: string, version: bigint) => await repository.recheck(engine, name, version) }),
      ...(config.engineMemoryBudgetBytes === undefined ? {} : { memoryBudgetBytes: config.engineMemoryBudgetBytes }),
      ...(config.socketDir === undefined ? {} : { socketParents: [config.socketDir] })
    })
    if (kind === 'embedded' && config.tensorflowBatching) log.warn('tensorflow-batching concerns tensorflow_model_server; the embedded model server has no batching of its own')
    if (kind === 'tensorflow') {
      const readVersion = async (): Promise<void> => { tensorflowVersion = await programVersion(program(), environment) }
      readVersion().catch(() => {})
      engine.on('replacement', () => { readVersion().catch(() => {}) })
    }
    let restarts = 0
    engine.on('state', report => {
      if (report.restarts > restarts) journal.add({ what: 'engine-restart', from: null, to: kind, by: 'supervisor', ...(report.reason === undefined ? {} : { reason: report.reason }) })
      restarts = report.restarts
    })
    engine.on('unfit', unfit => { repository.refuse(engine, unfit) })
    engine.on('replacement', ({ from, to, by, reason, failure }) => {
      journal.add({ what: failure === undefined ? 'engine-replaced' : 'engine-replace-failed', from: from === undefined ? null : `${kind} ${from}`, to: to === undefined ? null : `${kind} ${to}`, by, reason: failure === undefined ? reason : `${reason}: ${failure}` })
    })
    engine.on('state', ({ state, reason }) => { if (state === 'failed') fail(`the ${kind} model server does not come up: ${reason ?? 'no reason known'}`) })
    return engine
  }

  /** What comes of it the engine tells by its event. */
  function replaceEngine (engine: Engine, reason: string, by: string): void { engine.replace(reason, by).catch(() => {}) }

  function fail (reason: string): void {
    end.failure ??= reason
    log.fatal({ reason }, 'the service cannot go on')
    close()
  }

  const reloadSettings = settingsReloader({ settings, log, journal })
  const reread = (): void => {
    if (end.draining) return
    const changed = reloadSettings('SIGHUP').map(({ key }) => key)
    setLevel(current().logLevel)
    if (changed.includes('watchIntervalMs') && watch !== undefined) watchRepository()
    void auth.refresh()
    void certificates?.refresh()
    log.info('SIGHUP: the repository is read again')
    journal.add({ what: 'reload', by: 'SIGHUP' })
    void repository.sync('SIGHUP', repository.names())
    for (const engine of picker.engines()) if (engine.programChanged()) replaceEngine(engine, "the program's file has changed", 'SIGHUP')
  }
  process.on('SIGHUP', reread)
  // Its default is the end of the process; caught, the write fails like one on a full disk.
  process.on('SIGXFSZ', () => {})
  let watch: Watch | undefined
  const watchRepository = (): void => {
    void watch?.stop()
    if (!end.draining) watch = startWatch(current().watchIntervalMs, async () => { await repository.look('watch') })
  }
  const onStopFailure = ({ unit, error }: StopFailure): void => log.error({ unit, error }, 'stop failed')
  let app: FastifyInstance | undefined
  let address: Bound = { host: config.host, port: config.port, metricsPort: undefined }
  const url = (): string => urlOf(listeners.scheme, address)
  const consul = createConsulUnit({
    settings: {
      mode: config.consul, address: config.consulHttpAddr, token: config.consulHttpToken, tokenFile: config.consulHttpTokenFile, nomadAllocId: config.nomadAllocId,
      tls: { on: config.consulTls, caFile: config.consulCaFile, certFile: config.consulCertFile, keyFile: config.consulKeyFile, serverName: config.consulTlsServerName, verify: config.consulTlsVerify },
      namespace: config.consulNamespace, partition: config.consulPartition
    },
    advertised: () => ({
      serviceName: config.serviceName,
      serviceId: config.serviceId,
      tags: config.serviceTags,
      advertiseAddress: config.advertiseAddress,
      advertisePort: config.advertisePort,
      listening: address,
      scheme: listeners.scheme,
      check: config.serviceCheck !== 'auto' ? config.serviceCheck : config.tlsClientCa !== undefined && config.tlsClients === 'all' ? 'ttl' : 'http',
      checkVerifies: config.serviceCheckTlsVerify,
      deregisterAfterMs: config.serviceDeregisterAfterMs,
      metricsPort: address.metricsPort,
      namespace: config.consulNamespace,
      partition: config.consulPartition,
      version: buildInfo.version
    }),
    models: () => registry.list(),
    ready: () => healthReport(registry.list(), picker.engines(), phase(), faults()).ready,
    log,
    metrics
  })
  const registered = registersItself({ mode: config.consul, address: config.consulHttpAddr, nomadAllocId: config.nomadAllocId }).on
  const drainDelayMs = (): number => current().drainDelayMs ?? (registered ? registeredDrainDelayMs : 0)

  // The order of start, and in reverse of end: docs/architecture.md.
  const units: Unit[] = [
    unit('model servers', engineStopMs, async () => {}, async () => { await Promise.all(picker.engines().map(async engine => { await engine.stop() })) }),
    unit('callers', auditStopMs, async () => {}, async () => { await auth.close() }),
    unit('changes', journalStopMs, async () => {}, async () => { await journal.close() }),
    unit('handlers', handlersStopMs, async () => {}, async () => { await Promise.all([repository.close(), aside.close()]) }),
    unit('http', () => current().drainTimeoutMs, async () => {
      app = await buildServer({
        service,
        auth,
        bodyLimitBytes: config.bodyLimitBytes,
        requestTimeoutMs: () => current().requestTimeoutMs,
        cors: () => current().cors,
        logRequests: () => current().logRequests,
        admin: { allowLocalAdmin: () => current().allowLocalAdmin, adminSocket: config.adminSocket },
        listeners,
        metricsAt: config.metricsPort === undefined ? undefined : { host: config.metricsHost ?? config.host, port: config.metricsPort },
        sendTimeoutMs: () => current().sendTimeoutMs,
        certificateNeeded: config.tlsClientCa !== undefined && config.tlsClients === 'callers',
        version: { build: buildInfo, engineVersion: kind => kind === 'tensorflow' ? tensorflowVersion : null }
      })
      address = await app.listenAt(config)
      if (address.host !== 'localhost' && !isLoopback(address.host) && auth.tokens === undefined && !auth.hasLists() && config.tlsClientCa === undefined) log.warn({ host: address.host }, 'open to callers from outside this machine, and neither tokens (--auth-jwks-url and its kin) nor an allow-list (--allow) nor client certificates (--tls-client-ca) are there to stop any; set one of them, or bind to 127.0.0.1')
      log.info({ host: address.host, port: address.port, url: url(), ...(address.metricsPort === undefined ? {} : { metricsPort: address.metricsPort }) }, 'listening')
    }, async () => {
      await app?.close()
      certificates?.close()
    }),
    unit('drain delay', () => drainDelayMs() + 1000, async () => {}, async () => { if (!end.forced) await sleep(drainDelayMs()) }),
    unit('models', 0, async () => {
      repository.load().then(() => {
        announce()
        watchRepository()
      }, (error: unknown) => fail((error as Error).message))
    }, async () => { void watch?.stop() }),
    consul
  ]

  function announce (): void {
    if (end.draining) return
    log.info({ url: url(), models: registry.list().map(({ name }) => name) }, 'models are loaded')
    if (config.hints === 'on' || (config.hints === 'auto' && process.stderr.isTTY)) process.stderr.write(hints(url(), registry.list(), faults()))
  }

  // How long the end may take is known when it begins.
  const grace = closeWithGrace({ delay: false, skip: [...signals, 'SIGHUP'], logger: { error: (what: unknown) => log.error({ what: String(what) }, 'end') } as Console }, async ({ err }) => {
    const stopWithinMs = units.reduce((sum, { stopWithinMs }) => sum + stopWithinMs, 0) + 1000
    setTimeout(() => { log.error({ stopWithinMs }, 'the end takes too long'); process.exit(1) }, stopWithinMs).unref()
    end.begun ??= now()
    end.draining = true
    if (err !== undefined) { end.failure ??= err.message; log.fatal(err, 'an error that nobody caught') }
    journal.add({ what: 'drain', from: 'serving', to: 'draining', by: end.asked ?? 'the service', ...(end.failure === undefined ? {} : { reason: end.failure }) })
    await stopAll(end.forced ? units.filter(({ name }) => name !== 'http') : units, onStopFailure)
    log.info('ended')
    if (end.failure !== undefined) process.exit(1)
  })
  function close (): void {
    if (end.begun !== undefined) return
    end.begun = now()
    grace.close()
  }
  for (const signal of signals) {
    process.on(signal, () => {
      log.info({ signal }, 'shutdown')
      end.asked ??= signal
      if (end.begun !== undefined && now() - end.begun > sameSignalMs) process.exit(1)
      close()
    })
  }

  try {
    await startAll(units, onStopFailure)
  } catch (error) {
    grace.uninstall()
    throw error
  }
}

const unit = (name: string, stopWithinMs: number | (() => number), start: () => Promise<void>, stop: () => Promise<void>): Unit =>
  ({ name, get stopWithinMs () { return typeof stopWithinMs === 'number' ? stopWithinMs : stopWithinMs() }, start, stop })

const urlOf = (scheme: 'http' | 'https', { host, port }: At): string => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
