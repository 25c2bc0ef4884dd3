// The file models.lock: for each model and version that may be loaded, the checksums of its files. Knows no folder of models.
import { readFile } from 'node:fs/promises'
import { OutriggerError } from '../errors.js'
import type { Pins } from './pins.js'

/** By model, then by version. */
export type Lock = ReadonlyMap<string, ReadonlyMap<string, Pins>>

/** The form of the file; another number is another form. */
const form = 1
const checksum = /^sha256:([0-9a-f]{64})$/

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The file's text, the same for the same pins: JSON, sorted, a line per file. */
export function lockText (lock: Lock): string {
  const sorted = <V>(map: ReadonlyMap<string, V>): [string, V][] => [...map].sort(([a], [b]) => a < b ? -1 : 1)
  const models = Object.fromEntries(sorted(lock).map(([model, versions]) => [
    model, Object.fromEntries(sorted(versions).map(([version, pins]) => [version, Object.fromEntries(sorted(pins).map(([path, sum]) => [path, `sha256:${sum}`]))]))
  ]))
  return `${JSON.stringify({ lock: form, models }, null, 2)}\n`
}

function pinsIn (value: unknown, where: string): Pins {
  if (!isObject(value)) throw new Error(`${where} must map files to checksums`)
  return new Map(Object.entries(value).map(([path, sum]) => {
    const hex = typeof sum === 'string' ? checksum.exec(sum)?.[1] : undefined
    if (hex === undefined) throw new Error(`${where}: ${path} must be sha256: and 64 hexadecimal digits`)
    return [path, hex]
  }))
}

/** Reads the text. Throws CONFIG_INVALID that begins with the file's name. */
export function parseLock (text: string, file: string): Lock {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || value.lock !== form || !isObject(value.models)) throw new Error(`it must hold "lock": ${form} and "models"`)
    return new Map(Object.entries(value.models).map(([model, versions]) => {
      if (!isObject(versions)) throw new Error(`${model} must map versions to their files`)
      return [model, new Map(Object.entries(versions).map(([version, files]) => [version, pinsIn(files, `${model} ${version}`)]))]
    }))
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `${file} is no models.lock: ${(cause as Error).message}`, { cause })
  }
}

/** Reads the file. Rejects with CONFIG_INVALID. */
export async function readLock (file: string): Promise<Lock> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `models-lock: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'})`, { cause })
  }
  return parseLock(text, file)
}

/** The pins of a version by the file as it is now. Rejects with MODEL_NOT_PINNED where it names none, and with CONFIG_INVALID when it cannot be read. */
export async function pinsFrom (file: string, model: string, version: bigint): Promise<Pins> {
  const pins = (await readLock(file)).get(model)?.get(version.toString())
  if (pins === undefined) throw new OutriggerError('MODEL_NOT_PINNED', 'it is not in models.lock', { model, version })
  return pins
}
