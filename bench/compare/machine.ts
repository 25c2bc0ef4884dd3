// What the figures were taken on: machine, load, versions, commit. Knows no figures.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type as systemName } from 'node:os'
import { buildInfo } from '../../src/build-info.js'
import { root } from '../../test/e2e/service.js'
import type { Machine } from './result.js'

/** What a program says of itself in its first line; the empty text when it cannot be asked. */
export function firstLine (program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0].trim()
  } catch {
    return ''
  }
}

/** Commit of the checkout, and whether its sources were changed since. */
function commit (): string {
  const head = firstLine('git', 'rev-parse', '--short=12', 'HEAD') || buildInfo.commit || 'unknown'
  return firstLine('git', 'status', '--porcelain', '--untracked-files=no', 'src') === '' ? head : `${head} with changes`
}

export const machine = (versions: readonly string[], loadBefore: readonly number[]): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryBytes: totalmem(), kernel: `${systemName()} ${release()}`, node: process.version,
  versions, commit: commit(), date: new Date().toISOString(), loadBefore, loadAfter: loadavg()
})
