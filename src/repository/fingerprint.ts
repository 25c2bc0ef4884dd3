// What a version's folder looks like from outside: names, sizes and times of its files, so that a change is seen without reading them.
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
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
}

/** Looks at every file below the folder, links followed. Undefined when the folder goes away meanwhile. */
export async function fingerprint (folder: string): Promise<Fingerprint | undefined> {
  const lines: string[] = []
  let found: string | undefined
  async function walk (path: string): Promise<void> {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`
      if (unfinished.test(entry.name)) found ??= name
      const { size, mtimeMs, ino } = await stat(join(folder, name))
      const isFolder = entry.isDirectory()
      lines.push(isFolder ? `${name}/` : `${name}\0${size}\0${mtimeMs}\0${ino}`)
      if (lines.length > maxFiles) return
      if (isFolder) await walk(name)
    }
  }
  try {
    await walk('')
  } catch {
    return undefined
  }
  return { print: createHash('sha256').update(lines.sort().join('\n')).digest('hex'), unfinished: found }
}
