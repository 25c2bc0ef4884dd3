// How JSON values are shown in error messages: pretty-printed, lists on one line, cut off after 256 bytes. Source: section 4, "Dumps in messages".
import { ARRAY, DOUBLE, FALSE, NULL, OBJECT, TRUE, type Document } from './document.js'
import { quote } from './quote.js'

/** Writing stops after the token that passes this many bytes; that token itself is shown in full. */
const maxBytes = 256
const indent = '    '

/** The word for a value's type in messages. */
export function typeName (document: Document, node: number): string {
  switch (document.kind(node)) {
    case NULL: return 'Null'
    case FALSE: return 'False'
    case TRUE: return 'True'
    case OBJECT: return 'Object'
    case ARRAY: return 'Array'
    default: return document.isString(node) ? 'String' : 'Number'
  }
}

/** Shortest text that reads back, with `.0` for whole numbers; nothing for NaN and the infinities. */
function doubleText (value: number): string {
  if (!Number.isFinite(value)) return ''
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value).replace('e+', 'e')
  return /[.e]/.test(text) ? text : `${text}.0`
}

function scalarText (document: Document, node: number): string {
  switch (document.kind(node)) {
    case NULL: return 'null'
    case FALSE: return 'false'
    case TRUE: return 'true'
    case DOUBLE: return doubleText(document.double(node))
    default: return document.isString(node) ? quote(document.text(node)) : document.integer(node).toString()
  }
}

interface Level { readonly list: boolean, readonly end: number, written: number }

/** The value as messages show it. Not recursive: any nesting will do. */
export function dump (document: Document, root: number): string {
  let out = ''
  let bytes = 0
  const levels: Level[] = []
  const write = (text: string): void => {
    out += text
    bytes += Buffer.byteLength(text)
  }
  const before = (): void => {
    const level = levels.at(-1)
    if (level === undefined) return
    if (level.list) { if (level.written > 0) write(', ') }
    else if (level.written % 2 === 1) write(': ')
    else write(`${level.written > 0 ? ',' : ''}\n${indent.repeat(levels.length)}`)
    level.written++
  }
  const end = document.next(root)
  for (let node = root; bytes <= maxBytes;) {
    const level = levels.at(-1)
    if (level !== undefined && node === level.end) {
      levels.pop()
      if (!level.list && level.written > 0) write(`\n${indent.repeat(levels.length)}`)
      write(level.list ? ']' : '}')
      continue
    }
    if (node === end) break
    before()
    const kind = document.kind(node)
    if (kind === OBJECT || kind === ARRAY) {
      write(kind === ARRAY ? '[' : '{')
      levels.push({ list: kind === ARRAY, end: document.next(node), written: 0 })
    } else write(scalarText(document, node))
    node++
  }
  return out
}
