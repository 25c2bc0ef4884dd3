// What this build is: version from package.json, commit and build time from the environment of the build (files written by the image build) or git. Read once.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface BuildInfo {
  readonly version: string
  /** Commit of the sources, or null where nothing tells it. */
  readonly commit: string | null
  /** When it was built, ISO 8601, or null. */
  readonly builtAt: string | null
}

const root = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

/** The commit that a checkout stands on, without running git. */
function checkoutCommit (): string | null {
  try {
    const head = readFileSync(root('.git/HEAD'), 'utf8').trim()
    if (!head.startsWith('ref: ')) return head
    const ref = head.slice(5)
    if (existsSync(root(`.git/${ref}`))) return readFileSync(root(`.git/${ref}`), 'utf8').trim()
    return readFileSync(root('.git/packed-refs'), 'utf8').split('\n').find(line => line.endsWith(` ${ref}`))?.split(' ')[0] ?? null
  } catch {
    return null
  }
}

function read (): BuildInfo {
  const { version } = JSON.parse(readFileSync(root('package.json'), 'utf8')) as { version: string }
  try {
    // Written by docker/Dockerfile from its build arguments.
    const written = JSON.parse(readFileSync(root('build-info.json'), 'utf8')) as { commit?: string, builtAt?: string }
    return { version, commit: written.commit || checkoutCommit(), builtAt: written.builtAt || null }
  } catch {
    return { version, commit: checkoutCommit(), builtAt: statSync(fileURLToPath(import.meta.url)).mtime.toISOString() }
  }
}

export const buildInfo: BuildInfo = read()
