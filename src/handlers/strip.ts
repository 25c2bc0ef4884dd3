// Takes the types out of a handler's TypeScript without moving a character. Knows no modules.
import { createRequire } from 'node:module'
import module from 'node:module'

/** A handler's source that cannot be run; the message names file and line and says what to do. */
export class SourceError extends Error {}

type Strip = (source: string) => string

/** Node's own stripping warns that it is experimental; what it does is what we want, and a handler's author can do nothing about the warning. */
function quietly<T> (work: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}

const ownStrip = (module as unknown as { stripTypeScriptTypes?: Strip }).stripTypeScriptTypes

interface Amaro { transformSync (source: string, options: { mode: 'strip-only' }): { code: string } }

/** The published twin of Node's stripping, for the Node versions that have none. */
function amaroStrip (source: string): string {
  const amaro = createRequire(import.meta.url)('amaro') as Amaro
  return amaro.transformSync(source, { mode: 'strip-only' }).code
}

const strip: Strip = ownStrip === undefined ? amaroStrip : source => quietly(() => ownStrip(source))

/** What the stripper said and the line it said it of: Node writes `:3` before the source in the stack, amaro draws a box with `[3:1]`, or without where there is one line. */
function read (error: unknown): { text: string, line: string | undefined } {
  if (typeof error === 'string') return { text: error.trim().split('\n')[0]!.replace(/^[^\w]*x /, '').trim(), line: (/\[(\d+):\d+\]/.exec(error) ?? /^\s*(\d+) \|/m.exec(error))?.[1] }
  const { message = 'it cannot be read', stack = '' } = error as Partial<Error>
  return { text: message.split('\n')[0]!, line: /^[^\n]*:(\d+)\n/.exec(stack)?.[1] }
}

/**
 * The JavaScript of a TypeScript source, types replaced by blanks. `file` names it in errors.
 * Throws a SourceError for syntax errors and for what is not erasable: enums, namespaces with values, parameter properties.
 */
export function stripTypes (source: string, file: string): string {
  try {
    return strip(source)
  } catch (error) {
    const { text, line } = read(error)
    const erasable = /not supported|unsupported/i.test(text)
      ? '. Types are taken out, not compiled: write it with erasable syntax only (instead of an enum a const object with `as const`, instead of a parameter property a field, instead of a namespace a module)'
      : ''
    throw new SourceError(`${file}${line === undefined ? '' : `:${line}`}: ${text}${erasable}`)
  }
}
