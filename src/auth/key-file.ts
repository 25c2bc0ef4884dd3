// Keys from a file, read again when it changes: by rename, by a moved symlink, in place. Knows nothing of tokens.
import { open } from 'node:fs/promises'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import type { KeyFinder, KeySource } from './keys.js'

/** A key set of a hundred keys has about 100 KB. */
const maxBytes = 1024 * 1024
/** A rotated secret is in force within seconds, at one look at the file's data per second. */
const lookEveryMs = 1000

export interface KeyFileOptions {
  /** The setting that names the file, for messages. */
  readonly setting: string
  readonly path: string
  /** Makes keys of the text. Throws an Error that says what is wrong. */
  readonly read: (text: string) => KeyFinder
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Time between two looks; 0 looks only on `refresh`. */
  readonly lookEveryMs?: number
}

async function textOf (path: string): Promise<{ text: string, stamp: string }> {
  const file = await open(path, 'r')
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await file.stat()
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
    return { text: await file.readFile('utf8'), stamp: [dev, ino, size, mtimeMs, ctimeMs].join(' ') }
  } finally {
    await file.close()
  }
}

/** Opens the file and follows it. Rejects with CONFIG_INVALID when it cannot be read now; later faults are logged, and the last good keys stay. */
export async function openKeyFile ({ setting, path, read, log, lookEveryMs: everyMs = lookEveryMs }: KeyFileOptions): Promise<KeySource> {
  let generation = 0
  let find: KeyFinder
  let seen: string
  let fault: string | undefined
  let looking: Promise<void> | undefined
  try {
    const { text, stamp } = await textOf(path)
    find = read(text)
    seen = `${stamp}\n${text}`
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `${setting}: ${path}: ${reasonOf(cause)}`, { cause })
  }

  async function look (): Promise<void> {
    try {
      const { text, stamp } = await textOf(path)
      const now = `${stamp}\n${text}`
      if (now === seen && fault === undefined) return
      find = read(text)
      if (now !== seen) {
        generation++
        log.info({ setting, file: path }, 'the keys for tokens were read anew')
      }
      seen = now
      fault = undefined
    } catch (error) {
      const reason = reasonOf(error)
      if (reason !== fault) log.warn({ setting, file: path, reason }, 'the keys for tokens cannot be read anew; those from before stay in force')
      fault = reason
    }
  }

  const refresh = async (): Promise<void> => await (looking ??= look().finally(() => { looking = undefined }))
  const timer = everyMs === 0 ? undefined : setInterval(() => { void refresh() }, everyMs).unref()
  return { find: async header => await find(header), generation: () => generation, refresh, close: () => { clearInterval(timer) } }
}

/** Never the text of the file: it may hold a secret. JSON.parse and the key parser quote what they read. */
function reasonOf (error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not valid JSON'
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? message : code.startsWith('ERR_') ? 'it holds no public key in PEM' : `it cannot be read (${code})`
}
