// The kinds of values that a setting can have: how each is read from text, what its JSON Schema is, and what it is called in messages. Knows no setting.
import { readBlock } from '../auth/address-list.js'

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>

/** One setting: its value's kind, default and meaning. `T` is the type of the parsed value. */
export interface Setting<T> {
  readonly schema: Schema
  readonly description: string
  /** As a person would write it; undefined when the setting is unset by default. */
  readonly default: string | undefined
  /** Reads the text of a flag or variable, or the value in a file. Throws an Error whose message ends the sentence "port …". */
  readonly parse: (raw: string | number | boolean | readonly unknown[]) => T
  /** What stands for the value in --help. */
  readonly placeholder: string
  readonly secret: boolean
  /** Names a file that holds a secret: looked for in the folders of credentials too, and nobody else may read it. */
  readonly holdsSecret: boolean
  /** Whether a value that was changed in the settings file comes into force by SIGHUP; others wait for the next start. */
  readonly reload: boolean
  /** Further environment variables that set it, read after OUTRIGGER_…. */
  readonly env: readonly string[]
  /** TensorFlow Serving's own flags that mean the same, without dashes. */
  readonly aliases: readonly string[]
}

interface Words { default?: string, description: string, placeholder?: string, secret?: boolean, holdsSecret?: boolean, reload?: boolean, env?: readonly string[], aliases?: readonly string[] }

type Set<T, W extends Words> = W extends { default: string } ? Setting<T> & { default: string } : Setting<T>

const make = <T, W extends Words>(words: W, placeholder: string, schema: Schema, parse: Setting<T>['parse']): Set<T, W> => ({
  schema,
  parse,
  description: words.description,
  default: words.default,
  placeholder: words.placeholder ?? placeholder,
  secret: words.secret ?? false,
  holdsSecret: words.holdsSecret ?? false,
  reload: words.reload ?? false,
  env: words.env ?? [],
  aliases: words.aliases ?? []
}) as unknown as Set<T, W>

export const text = <W extends Words>(words: W) => make<string, W>(words, 'TEXT', { type: 'string', minLength: 1 }, raw => {
  if (typeof raw === 'object' || raw === '') throw new Error('must be a text that is not empty')
  return String(raw)
})

export const path = <W extends Words>(words: W) => make<string, W>({ placeholder: 'PATH', ...words }, 'PATH', { type: 'string', minLength: 1 }, raw => {
  if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) throw new Error('must be a path')
  return raw
})

const readList = (raw: Parameters<Setting<unknown>['parse']>[0]): readonly string[] =>
  typeof raw === 'object' ? raw.map(String) : String(raw).split(',').map(part => part.trim()).filter(part => part !== '')

const texts = { type: 'array', items: { type: 'string' } } as const

export const list = <W extends Words>(words: W) => make<readonly string[], W>(words, 'A,B', texts, readList)

export const flag = <W extends Words>(words: W) => make<boolean, W>(words, '', { type: 'boolean' }, raw => {
  if (raw === true || raw === 'true' || raw === '1') return true
  if (raw === false || raw === 'false' || raw === '0') return false
  throw new Error('must be true or false')
})

/** Addresses in CIDR form; never none, since an empty list would be read as everybody by some and as nobody by others. */
export const addresses = <W extends Words>(words: W) => make<readonly string[], W>(words, '10.0.0.0/8,::1', { ...texts, minItems: 1 }, raw => {
  const blocks = readList(raw)
  if (blocks.length === 0) throw new Error('must name at least one address')
  blocks.forEach(readBlock)
  return blocks
})

/** Words out of a few. */
export const choices = <const C extends readonly string[], W extends Words>(among: C, words: W) =>
  make<readonly C[number][], W>(words, among.slice(0, 2).join(','), { type: 'array', items: { enum: among } }, raw => readList(raw).map(word => {
    const found = among.find(one => one === word)
    if (found === undefined) throw new Error(`must be out of ${among.join(', ')}`)
    return found
  }))

export const integer = <W extends Words>(min: number, max: number, words: W) => make<number, W>(words, 'N', { type: 'integer', minimum: min, maximum: max }, raw => {
  const value = typeof raw === 'number' ? raw : /^-?\d{1,15}$/.test(String(raw)) ? Number(raw) : NaN
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`must be a whole number from ${min} to ${max}`)
  return value
})

export const choice = <const C extends readonly string[], W extends Words>(choices: C, words: W) =>
  make<C[number], W>(words, choices.join('|'), { enum: choices }, raw => {
    const found = choices.find(one => one === raw || (typeof raw === 'number' && one === String(raw)) || (typeof raw === 'boolean' && one === (raw ? 'on' : 'off')))
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`)
    return found
  })

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `30s`, `500ms`, `2m`, `1h` or of plain milliseconds; undefined for anything else and beyond what a timer takes. */
export function milliseconds (raw: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(String(raw))
  const value = match === null ? NaN : Math.round(Number(match[1]) * durationUnits[match[2] ?? 'ms']!)
  return value <= 2_147_483_647 ? value : undefined
}

/** A length of time; milliseconds come out. */
export const duration = <W extends Words>(words: W) => make<number, W>(words, '30s', { anyOf: [{ type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)?$' }, { type: 'integer', minimum: 0 }] }, raw => {
  const value = milliseconds(raw)
  if (value === undefined) throw new Error('must be a length of time such as 500ms, 30s or 2m')
  return value
})

const sizeUnits: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** Bytes of `64MiB`, `10MB` or of plain bytes; undefined for anything else and outside 1 to `max`. */
export function byteCount (raw: unknown, max = 2 ** 31 - 1): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)?$/.exec(String(raw))
  const unit = match === null ? undefined : sizeUnits[match[2] ?? 'B']
  const value = match === null || unit === undefined ? NaN : Math.round(Number(match[1]) * unit)
  return value >= 1 && value <= max ? value : undefined
}

const bytesUpTo = <W extends Words>(max: number, maxInWords: string, words: W) => make<number, W>(words, '64MiB', { anyOf: [{ type: 'string', pattern: '^\\d+(\\.\\d+)?(B|[kK]B|MB|GB|KiB|MiB|GiB)?$' }, { type: 'integer', minimum: 1 }] }, raw => {
  const value = byteCount(raw, max)
  if (value === undefined) throw new Error(`must be a size such as 64MiB or 1048576, of at most ${maxInWords}`)
  return value
})

/** `64MiB`, `10MB`, or plain bytes; bytes come out. For what is held in one buffer. */
export const bytes = <W extends Words>(words: W) => bytesUpTo(2 ** 31 - 1, '2 GiB', words)

/** As bytes, for the memory of a whole process. */
export const memory = <W extends Words>(words: W) => bytesUpTo(2 ** 50, '1 PiB', words)
