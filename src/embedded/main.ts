// Entry of the embedded model server's process: flags, models of the start, listening, the end. The command model-server runs it.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { OutriggerError } from '../errors.js'
import { parseModelServerConfig, type ModelConfig } from '../config/text-proto.js'
import { flagsHelp, parseFlags, type ModelServerFlags } from './flags.js'
import { logToStderr, type Log } from './log.js'
import { ModelServer } from './server.js'
import { Servables } from './servables.js'
import { services } from './services.js'

/** The models that the flags name. Base paths that are not absolute count from the config file's folder, or from the working directory. */
async function modelsOf (flags: ModelServerFlags): Promise<ModelConfig[]> {
  if (flags.modelBasePath !== undefined) {
    return [{ name: flags.modelName, basePath: resolve(flags.modelBasePath), policy: { kind: 'latest', count: 1 }, labels: new Map() }]
  }
  const file = flags.modelConfigFile
  if (file === undefined) return []
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `--model_config_file: cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
  return parseModelServerConfig(text).map(config => ({ ...config, basePath: resolve(dirname(file), config.basePath) }))
}

/** Resolves with the reason when the process is to end: a signal, or the end of standard input where that was asked for. */
function end (flags: ModelServerFlags): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal))
    if (flags.exitOnStdinClose) process.stdin.on('end', () => resolve('end of standard input')).on('error', () => resolve('end of standard input')).resume()
  })
}

/**
 * Runs the model server until a signal ends it, then ends the process with status 0. As with the real server the socket is there when every model of the
 * flags has loaded or failed. Throws an OutriggerError for flags that cannot be used.
 */
export async function runModelServer (argv: readonly string[], log: Log = logToStderr): Promise<void> {
  const flags = parseFlags(argv)
  if (flags.help) { process.stdout.write(flagsHelp); return }
  const models = await modelsOf(flags)
  const ended = end(flags)
  if (flags.ignored.length > 0) log('I', 'main.ts', `Flags without meaning here are ignored: ${flags.ignored.map(name => `--${name}`).join(' ')}`)
  const servables = new Servables({ ...flags, log })
  const server = new ModelServer(services(servables, log))
  const serving = (async () => {
    if (models.length > 0) await servables.reload(models).catch((error: Error) => { log('E', 'main.ts', error.message) })
    await server.listen({ socketPath: flags.socketPath && resolve(flags.socketPath), port: flags.port }).catch((cause: Error) => { throw new OutriggerError('INTERNAL', cause.message, { cause }) })
    log('I', 'main.ts', `Running gRPC ModelServer at ${[flags.socketPath, flags.port === 0 ? undefined : `0.0.0.0:${flags.port}`].filter(Boolean).join(' and ')} ...`)
  })()
  const reason = await Promise.race([ended, serving.then(async () => await ended)])
  log('I', 'main.ts', `Ending: ${reason}`)
  server.close()
  await servables.close()
  process.exit(0)
}
