// Golden cases of loaded versions as examples of the document. Read once per version folder, within limits, and never on the way of a prediction.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { VersionEntry } from '../../inference/registry.js'

/** A golden case whose request is JSON. */
export interface GoldenCase { readonly name: string, readonly request: unknown, readonly response: unknown }

/** What one page can show; the folder may hold more. */
const maxCases = 3
const maxBytes = 65_536

async function readCase (file: string, name: string): Promise<GoldenCase | undefined> {
  if ((await stat(file)).size > maxBytes) return undefined
  const value: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (typeof value !== 'object' || value === null || !('request' in value)) return undefined
  const { request, response } = value as { request: unknown, response?: unknown }
  return { name, request, response }
}

async function readCases (folder: string): Promise<GoldenCase[]> {
  const names = await readdir(join(folder, 'examples')).catch(() => [])
  const found: GoldenCase[] = []
  for (const name of names.filter(n => n.endsWith('.json')).sort()) {
    // A broken example is told where examples are run, not here.
    const one = await readCase(join(folder, 'examples', name), name.slice(0, -'.json'.length)).catch(() => undefined)
    if (one !== undefined) found.push(one)
    if (found.length === maxCases) break
  }
  return found
}

/** Keeps the cases of the versions that were last asked for. */
export class Examples {
  #known = new Map<string, readonly GoldenCase[]>()

  /** Reads what is new among these versions and forgets the others. */
  async load (entries: readonly VersionEntry[]): Promise<void> {
    const next = new Map<string, readonly GoldenCase[]>()
    for (const { folder, checksum } of entries) {
      const key = `${folder}\n${checksum ?? ''}`
      next.set(key, this.#known.get(key) ?? await readCases(folder))
    }
    this.#known = next
  }

  /** The cases of a version; [] when none were loaded. */
  of ({ folder, checksum }: VersionEntry): readonly GoldenCase[] { return this.#known.get(`${folder}\n${checksum ?? ''}`) ?? [] }
}
