// Reads protobuf's text form as far as TensorFlow Serving's model config files use it, and the ModelServerConfig in it. Knows no file and no repository.
import { OutriggerError } from '../errors.js'

/** A field's value: a scalar as written (strings unquoted, as bytes in latin1 turned to UTF-8 text) or a message. */
type FieldValue = { readonly text: string, readonly quoted: boolean } | Message
interface Message { readonly fields: readonly (readonly [name: string, value: FieldValue, line: number])[] }

interface Token { readonly text: string, readonly kind: 'word' | 'string' | 'sign', readonly line: number }

const fault = (message: string): OutriggerError => new OutriggerError('CONFIG_INVALID', message)

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34, '?': 63 }

/** The bytes of a quoted string as UTF-8 text; escapes as in C. */
function unquote (body: string, line: number): string {
  const parts: Buffer[] = []
  const pattern = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|[^\\]+/gs
  for (const match of body.matchAll(pattern)) {
    const [whole, hex, octal, u4, u8, letter] = match
    if (hex !== undefined) parts.push(Buffer.of(parseInt(hex, 16)))
    else if (octal !== undefined) parts.push(Buffer.of(parseInt(octal, 8) & 255))
    else if (u4 !== undefined || u8 !== undefined) parts.push(Buffer.from(String.fromCodePoint(parseInt((u4 ?? u8)!, 16))))
    else if (letter !== undefined) {
      const code = escapes[letter]
      if (code === undefined) throw fault(`line ${line}: unknown escape \\${letter} in a string`)
      parts.push(Buffer.of(code))
    } else parts.push(Buffer.from(whole))
  }
  return Buffer.concat(parts).toString('utf8')
}

function tokenize (source: string): Token[] {
  const tokens: Token[] = []
  const pattern = /(\s+|#[^\n]*)|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|([A-Za-z0-9_.+-]+)|([{}<>[\]:;,])|(.)/gs
  let line = 1
  for (const match of source.matchAll(pattern)) {
    const [whole, blank, double, single, word, sign] = match
    if (blank === undefined) {
      if (double !== undefined || single !== undefined) tokens.push({ text: unquote((double ?? single)!, line), kind: 'string', line })
      else if (word !== undefined) tokens.push({ text: word, kind: 'word', line })
      else if (sign !== undefined) tokens.push({ text: sign, kind: 'sign', line })
      else throw fault(`line ${line}: unexpected ${JSON.stringify(whole)}`)
    }
    line += whole.split('\n').length - 1
  }
  return tokens
}

/** Parses the text form into fields in order, repeated ones several times. Throws CONFIG_INVALID with the line. */
export function parseTextProto (source: string): Message {
  const tokens = tokenize(source.replace(/^\uFEFF/, ''))
  let at = 0
  const is = (text: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]!.text === text
  const where = (): string => tokens[at] === undefined ? 'the end of the file' : `line ${tokens[at]!.line}: ${JSON.stringify(tokens[at]!.text)}`

  function value (): FieldValue {
    const token = tokens[at]
    if (token === undefined) throw fault('unexpected end of the file')
    if (is('{') || is('<')) { at++; return message(token.text === '{' ? '}' : '>') }
    if (token.kind === 'sign') throw fault(`expected a value at ${where()}`)
    at++
    let text = token.text
    while (token.kind === 'string' && tokens[at]?.kind === 'string') text += tokens[at++]!.text
    return { text, quoted: token.kind === 'string' }
  }

  function message (end: string | undefined): Message {
    const fields: [string, FieldValue, number][] = []
    for (;;) {
      if (end !== undefined ? is(end) : at >= tokens.length) { at++; return { fields } }
      const name = tokens[at]
      if (name === undefined || name.kind !== 'word') throw fault(`expected a field's name at ${where()}`)
      at++
      const colon = is(':')
      if (colon) at++
      if (colon && is('[')) {
        at++
        while (!is(']')) { fields.push([name.text, value(), name.line]); if (is(',')) at++; else if (!is(']')) throw fault(`expected , or ] at ${where()}`) }
        at++
      } else {
        if (!colon && !is('{') && !is('<')) throw fault(`expected : or { after ${name.text} at ${where()}`)
        fields.push([name.text, value(), name.line])
      }
      if (is(',') || is(';')) at++
    }
  }
  return message(undefined)
}

/** Which versions of a model to serve. */
export type VersionPolicy =
  | { readonly kind: 'latest', readonly count: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'specific', readonly versions: readonly bigint[] }

export interface ModelConfig {
  readonly name: string
  readonly basePath: string
  readonly policy: VersionPolicy
  readonly labels: ReadonlyMap<string, bigint>
}

/** Walks the fields of a message, each by its reader; an unknown field is a fault that names its line. */
function readFields (message: FieldValue, of: string, readers: Readonly<Record<string, (value: FieldValue, line: number) => void>>): void {
  if (!('fields' in message)) throw fault(`${of} must be a message in braces`)
  for (const [name, value, line] of message.fields) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (read === undefined) throw fault(`line ${line}: ${of} has no field ${name}; it has ${Object.keys(readers).join(', ')}`)
    read(value, line)
  }
}

const textOf = (value: FieldValue, line: number): string => {
  if ('fields' in value || !value.quoted) throw fault(`line ${line}: expected a text in quotes`)
  return value.text
}

const integerOf = (value: FieldValue, line: number): bigint => {
  if ('fields' in value || value.quoted || !/^-?(0x[0-9a-fA-F]+|\d+)$/.test(value.text)) throw fault(`line ${line}: expected a whole number`)
  const number = BigInt(value.text.replace(/^-/, ''))
  if (value.text.startsWith('-') || number > 2n ** 63n - 1n) throw fault(`line ${line}: ${value.text} is not a version number from 0 to 9223372036854775807`)
  return number
}

function readPolicy (value: FieldValue): VersionPolicy {
  let policy: VersionPolicy = { kind: 'latest', count: 1 }
  readFields(value, 'model_version_policy', {
    latest: inner => {
      let count = 1
      readFields(inner, 'latest', { num_versions: (v, line) => { count = Number(integerOf(v, line)) } })
      policy = { kind: 'latest', count: Math.max(1, count) }
    },
    all: inner => { readFields(inner, 'all', {}); policy = { kind: 'all' } },
    specific: inner => {
      const versions: bigint[] = []
      readFields(inner, 'specific', { versions: (v, line) => versions.push(integerOf(v, line)) })
      policy = { kind: 'specific', versions }
    }
  })
  return policy
}

function readModel (value: FieldValue, line: number): ModelConfig {
  let name: string | undefined
  let basePath: string | undefined
  let policy: VersionPolicy = { kind: 'latest', count: 1 }
  const labels = new Map<string, bigint>()
  readFields(value, 'config', {
    name: (v, at) => { name = textOf(v, at) },
    base_path: (v, at) => { basePath = textOf(v, at) },
    model_platform: (v, at) => { if (textOf(v, at) !== 'tensorflow') throw fault(`line ${at}: model_platform must be "tensorflow"`) },
    model_version_policy: v => { policy = readPolicy(v) },
    version_labels: (v, at) => {
      let key = ''
      let version = 0n
      readFields(v, 'version_labels', { key: (k, l) => { key = textOf(k, l) }, value: (n, l) => { version = integerOf(n, l) } })
      if (key === '') throw fault(`line ${at}: a version label needs a key`)
      labels.set(key, version)
    },
    logging_config: () => {}
  })
  if (name === undefined || name === '') throw fault(`line ${line}: config needs a name`)
  if (basePath === undefined || basePath === '') throw fault(`line ${line}: config of ${name} needs a base_path`)
  return { name, basePath, policy, labels }
}

/** The models of a ModelServerConfig in text form, in order. Throws CONFIG_INVALID, with the line where that is known. */
export function parseModelServerConfig (source: string): ModelConfig[] {
  const models: ModelConfig[] = []
  readFields(parseTextProto(source), 'the model config', {
    model_config_list: list => readFields(list, 'model_config_list', { config: (value, line) => models.push(readModel(value, line)) }),
    custom_model_config: (_value, line) => { throw fault(`line ${line}: custom_model_config is not supported; use model_config_list`) }
  })
  const names = new Set<string>()
  for (const { name } of models) {
    if (names.has(name)) throw fault(`model ${name} is listed twice`)
    names.add(name)
  }
  return models
}
