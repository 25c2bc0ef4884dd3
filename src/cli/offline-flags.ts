// The flags that commands share which load versions without a service: their names, what --help says of them, what their values mean.
import type { EngineKind } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import type { OfflineOptions } from './offline.js'

export const offlineFlags = {
  engine: { type: 'string', default: 'auto' }, 'tensorflow-model-server': { type: 'string' }, timeout: { type: 'string', default: '30' }, json: { type: 'boolean' }, verbose: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }
} as const

/** A paragraph each; `timed` is what has the time limit, `printed` what --json prints an object of. */
export const offlineHelp = (timed: string, printed: string): string => `\
  --engine auto|tensorflow|embedded
      Which model server runs the models (default: auto).
  --tensorflow-model-server PATH
      The tensorflow_model_server to run; otherwise it is looked for on PATH.
  --timeout SECONDS
      Longest time of one ${timed} (default: ${offlineFlags.timeout.default}).
  --json
      One JSON object per ${printed}.
  --verbose
      The log of the model server and the handlers, on standard error.
`

/** What the values of `offlineFlags` ask for. Throws CONFIG_INVALID. */
export function offlineOf (values: { readonly engine: string, readonly 'tensorflow-model-server'?: string | undefined, readonly timeout: string, readonly verbose?: boolean | undefined }): Pick<OfflineOptions, 'engine' | 'program' | 'verbose'> & { readonly timeoutMs: number } {
  return { engine: engineOf(values.engine), program: values['tensorflow-model-server'], verbose: values.verbose === true, timeoutMs: millisecondsOf(values.timeout) }
}

function engineOf (text: string): 'auto' | EngineKind {
  if (text !== 'auto' && text !== 'tensorflow' && text !== 'embedded') throw new OutriggerError('CONFIG_INVALID', 'engine must be auto, tensorflow or embedded')
  return text
}

function millisecondsOf (seconds: string): number {
  const timeoutMs = Number(seconds) * 1000
  if (!(timeoutMs > 0)) throw new OutriggerError('CONFIG_INVALID', 'timeout must be a number of seconds')
  return timeoutMs
}
