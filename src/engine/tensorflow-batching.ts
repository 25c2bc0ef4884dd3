// tensorflow_model_server's own batching: the flags that switch it on, checked before a child is started that would die of them. Knows no process.
import { accessSync, constants } from 'node:fs'
import { OutriggerError } from '../errors.js'

export interface TensorflowBatching {
  readonly on: boolean
  /** BatchingParameters in protobuf's text form. */
  readonly parametersFile: string | undefined
  /** Which engine the service runs. */
  readonly engine: 'auto' | 'tensorflow' | 'embedded'
}

/** Flags for the model server. Throws CONFIG_INVALID for a file that cannot be read, or that belongs to nothing. */
export function batchingArgs ({ on, parametersFile, engine }: TensorflowBatching): string[] {
  if (on && engine === 'embedded') throw new OutriggerError('CONFIG_INVALID', 'tensorflow-batching is tensorflow_model_server\'s own, and engine is embedded; batching in the service needs no such setting')
  if (parametersFile === undefined) return on ? ['--enable_batching=true'] : []
  if (!on) throw new OutriggerError('CONFIG_INVALID', 'tensorflow-batching-parameters-file goes with tensorflow-batching, which is off')
  try {
    accessSync(parametersFile, constants.R_OK)
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `tensorflow-batching-parameters-file: ${parametersFile} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? ''}`, { cause })
  }
  return ['--enable_batching=true', `--batching_parameters_file=${parametersFile}`]
}
