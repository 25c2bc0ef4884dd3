// What a version's folder looks like from outside: names, sizes and times of its files, so that a change is seen without reading them.
import { createHash } from 'node:crypto'
import { readdirSync, statSync, type Dirent, type Stats } from 'node:fs'
import { join } from 'node:path'

/** Names under which rsync, curl, browsers and copy programs write what is not finished. */
const unfinished = /^\.tmp|^\.~tmp~|^\..+\.[A-Za-z0-9]{6}$|\.(tmp|part|partial|filepart|crdownload)$/i

/** A model of more files than this is none; the walk ends there. */
const maxFiles = 20_000

export interface Fingerprint {
  /** Equal as long as no file of the folder came, went or was written. */
  readonly print: string
  /** A file whose name says that it is not finished. */
  readonly unfinished: string | undefined
  /** In words, what is there in place of a file and would hang its reader or cannot be read: a pipe, a socket, a link that leads nowhere. */
  readonly odd: string | undefined
}

function oddity (name: string, stats: Stats | undefined): string | undefined {
  if (stats === undefined) return `${name} is a link that leads nowhere`
  if (stats.isFile() || stats.isDirectory()) return undefined
  return `${name} is ${stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'}, not a file`
}

/** What a path leads to; undefined for a link that leads nowhere or in a circle. Throws where the path itself is gone. */
function follow (path: string, entry: Dirent): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    if (entry.isSymbolicLink() && ['ENOENT', 'ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Looks at every file below the folder; links are followed, those to folders not entered. Undefined when the folder is not there, or goes away meanwhile. Blocks its thread. */
export function fingerprint (folder: string): Fingerprint | undefined {
  const lines: string[] = []
  let begun: string | undefined
  let odd: string | undefined
  function walk (path: string): void {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`
      if (unfinished.test(entry.name)) begun ??= name
      const stats = follow(join(folder, name), entry)
      odd ??= oddity(name, stats)
      const isFolder = entry.isDirectory()
      lines.push(isFolder ? `${name}/` : `${name}\0${stats?.size}\0${stats?.mtimeMs}\0${stats?.ino}`)
      if (lines.length > maxFiles) return
      if (isFolder) walk(name)
    }
  }
  try {
    walk('')
  } catch {
    return undefined
  }
  return { print: createHash('sha256').update(lines.sort().join('\n')).digest('hex'), unfinished: begun, odd }
}
