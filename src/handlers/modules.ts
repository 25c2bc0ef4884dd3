// How the imports of a handler are found and read: outrigger/handler is ours, files beside it are stripped, all else is Node's own way. Knows no threads.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { besideModule } from '../module-url.js'
import { SourceError, stripTypes } from './strip.js'

/** Marks the URLs of a handler and its files; its value is one per load, so that each load has modules of its own. */
const tag = 'outrigger'

/** The name by which a handler imports the public module. */
const publicName = 'outrigger/handler'
const publicUrl = besideModule(import.meta.url, 'handler').href

export interface ResolveContext { parentURL?: string | undefined }
export interface Resolved { url: string, format?: string | null | undefined, shortCircuit?: boolean | undefined }
export interface Loaded { format: string | null | undefined, source?: unknown, shortCircuit?: boolean | undefined }

/** A load whose modules must lie in the folder: what is not pinned there cannot be imported. The mark travels with the load's id, since the hooks know URLs only. */
export const confinedLoad = (load: string, folder: string): string => `${load}:${folder}`

const confinedTo = (load: string): string | undefined => load.includes(':') ? load.slice(load.indexOf(':') + 1) : undefined

/** The URL under which a handler's file is imported for this load. */
export function handlerUrl (file: string, load: string): string {
  const url = pathToFileURL(file)
  url.searchParams.set(tag, load)
  return url.href
}

/** The load that a URL belongs to, if it is a handler's. */
function loadOf (url: string | undefined): string | undefined {
  return url?.startsWith('file:') && url.includes(`${tag}=`) ? new URL(url).searchParams.get(tag) ?? undefined : undefined
}

function untagged (url: string): string {
  const plain = new URL(url)
  plain.search = ''
  return plain.href
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

/** TypeScript's habit is to import `./names.js` where `names.ts` stands; no extension at all is taken too. */
function findBeside (path: string): string | undefined {
  const typed = path.replace(/\.(m?)js$/, '.$1ts')
  return [path, typed, `${path}.ts`, `${path}.js`, join(path, 'index.ts'), join(path, 'index.js')].find(isFile)
}

/** Resolves a specifier; `next` is Node's own resolution. Throws a SourceError when a file beside the handler is not there. */
export function resolveModule<R> (specifier: string, context: ResolveContext, next: (specifier: string, context: ResolveContext) => R): R | Resolved {
  if (specifier === publicName) return { url: publicUrl, format: 'module', shortCircuit: true }
  const load = loadOf(context.parentURL)
  if (load === undefined) return next(specifier, context)
  const parent = untagged(context.parentURL!)
  const folder = confinedTo(load)
  if (!/^(\.{1,2}\/|\/|file:)/.test(specifier)) {
    if (folder !== undefined && !isBuiltin(specifier)) throw new SourceError(`${fileURLToPath(parent)}: imports ${JSON.stringify(specifier)}, which models.lock does not pin: only files of the version's folder are`)
    return next(specifier, { ...context, parentURL: parent })
  }
  const wanted = fileURLToPath(untagged(new URL(specifier, parent).href))
  const found = findBeside(wanted)
  if (found === undefined) throw new SourceError(`${fileURLToPath(parent)}: imports ${JSON.stringify(specifier)}, and there is no such file (${wanted})`)
  if (folder !== undefined && relative(folder, found).startsWith('..')) throw new SourceError(`${fileURLToPath(parent)}: imports ${JSON.stringify(specifier)}, which lies outside the version's folder, where models.lock pins nothing`)
  return { url: handlerUrl(found, load), shortCircuit: true }
}

/** True for a .js file that Node would take for CommonJS by its package.json. */
function isCommonJs (file: string): boolean {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const description = join(folder, 'package.json')
    if (isFile(description)) return (JSON.parse(readFileSync(description, 'utf8')) as { type?: string }).type === 'commonjs'
    if (folder === dirname(folder)) return false
  }
}

/** Loads a module; `next` is Node's own loading. Throws a SourceError for what cannot be stripped. */
export function loadModule<R> (url: string, next: (url: string) => R): R | Loaded {
  const load = loadOf(url)
  if (load === undefined) return next(url)
  const file = fileURLToPath(untagged(url))
  const extension = extname(file)
  if (extension === '.ts' || extension === '.mts') return { format: 'module', source: stripTypes(readFileSync(file, 'utf8'), file), shortCircuit: true }
  if (extension === '.cts') throw new SourceError(`${file}: CommonJS TypeScript cannot be imported; write it as a module (.ts)`)
  if (extension === '.mjs' || (extension === '.js' && !isCommonJs(file))) return { format: 'module', source: readFileSync(file, 'utf8'), shortCircuit: true }
  if (extension !== '.json' && confinedTo(load) !== undefined) throw new SourceError(`${file}: is neither a module nor JSON, and what it reaches could not be held against models.lock`)
  return next(untagged(url))
}
