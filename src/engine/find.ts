// Finds the model server's program, a given path or the first one on PATH, and tells one file of it from the next.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { OutriggerError } from '../errors.js'

const program = 'tensorflow_model_server'

function isProgram (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * Absolute path of tensorflow_model_server, or undefined when no path was given and PATH has none.
 * Throws CONFIG_INVALID when a path was given and no program is there.
 */
export function findModelServer (given: string | undefined, searchPath: string | undefined): string | undefined {
  if (given !== undefined) {
    const path = resolve(given)
    if (isProgram(path)) return path
    throw new OutriggerError('CONFIG_INVALID', `--tensorflow-model-server ${given}: there is no executable file. Give the path of the program itself, or leave the flag out to search PATH.`)
  }
  return (searchPath ?? '').split(delimiter).filter(folder => isAbsolute(folder)).map(folder => join(folder, program)).find(isProgram)
}

/** As findModelServer, but a missing program is CONFIG_INVALID with what to do; for `engine: tensorflow`. */
export function requireModelServer (given: string | undefined, searchPath: string | undefined): string {
  const path = findModelServer(given, searchPath)
  if (path !== undefined) return path
  throw new OutriggerError('CONFIG_INVALID', `The engine "tensorflow" was asked for, but there is no ${program} on PATH. Install TensorFlow Serving, name the program with --tensorflow-model-server PATH, or use --engine auto or embedded.`)
}

/** What changes when another file is put in the program's place; undefined while there is none. */
export function programStamp (file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`
}
