// Checksums of what a version is made of, so that /version and the change journal can name it. Reads files as streams, one at a time.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileChecksum } from '../file-checksum.js'

/** What belongs to a version but not to its servable. */
const besides = /^(handler\.ts|examples|baseline\.json|__pycache__)$/

async function filesBelow (folder: string, top: boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const below = await Promise.all(entries
    .filter(entry => !entry.name.startsWith('.') && !(top && besides.test(entry.name)))
    .map(async entry => entry.isDirectory() ? await filesBelow(join(folder, entry.name), false) : [join(folder, entry.name)]))
  return below.flat()
}

/** sha256 (hex) over the paths and contents of the servable's files, in the order of their paths. Independent of times and of the folder's place. */
export async function servableChecksum (folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await filesBelow(folder, true)).sort()) {
    hash.update(`${relative(folder, file).split(sep).join('/')}\0`)
    hash.update(await fileChecksum(file))
  }
  return hash.digest('hex')
}
