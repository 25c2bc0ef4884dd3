// `outrigger lock`: writes models.lock, the checksums of all files of every version of a repository, or checks the repository against it. Loads nothing.
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { OutriggerError } from '../errors.js'
import { lockText, readLock, type Lock } from '../lock/lock-file.js'
import { pinFault, pinsOf, type Pins } from '../lock/pins.js'
import { isFault, lookAt } from '../repository/scan.js'
import { readFlags } from './read-flags.js'

const help = `Usage: outrigger lock MODELS [FLAGS]

Writes models.lock: the checksums of all files of every version in the repository folder MODELS.
With \`models_lock: models.lock\`, \`outrigger serve\` loads no version and no handler that is not
in the file, or differs from it. The file is written whole or not at all.

Examples:
  outrigger lock models
  outrigger lock models --out /etc/outrigger/models.lock
  outrigger lock models --check

Flags:
  --out FILE
      The file (default: models.lock).
  --check
      Writes nothing; prints what differs from the file. Exit code 1 when something does.
`

/** The pins of every version that lies in the repository. Rejects with CONFIG_INVALID or MODEL_NOT_PINNED, naming the model. */
export async function lockOf (folder: string): Promise<Lock> {
  const lock = new Map<string, ReadonlyMap<string, Pins>>()
  for (const model of lookAt({ kind: 'folder', folder })) {
    if (isFault(model)) throw new OutriggerError('CONFIG_INVALID', `${model.model}: ${model.reason}`)
    const versions = new Map<string, Pins>()
    for (const { version, folder: files } of model.versions) {
      try {
        versions.set(version.toString(), await pinsOf(files))
      } catch (error) {
        throw new OutriggerError('MODEL_NOT_PINNED', `${model.source.name} ${version}: ${(error as Error).message}`, { cause: error })
      }
    }
    if (versions.size > 0) lock.set(model.source.name, versions)
  }
  if (lock.size === 0) throw new OutriggerError('CONFIG_INVALID', `${folder} holds no model`)
  return lock
}

/** A line for each version that is not as it is pinned, not pinned, or pinned and not there. */
export function lockDifferences (pinned: Lock, found: Lock): string[] {
  const lines: string[] = []
  for (const [model, versions] of found) {
    for (const [version, pins] of versions) {
      const wanted = pinned.get(model)?.get(version)
      const fault = wanted === undefined ? 'is not pinned' : pinFault(wanted, pins)
      if (fault !== undefined) lines.push(`${model} ${version}: ${fault}`)
    }
  }
  for (const [model, versions] of pinned) for (const version of versions.keys()) if (found.get(model)?.has(version) !== true) lines.push(`${model} ${version}: is pinned and not there`)
  return lines
}

async function writeWhole (file: string, text: string): Promise<void> {
  const draft = `${file}.tmp-${randomBytes(4).toString('hex')}`
  try {
    const opened = await open(draft, 'wx')
    try {
      await opened.writeFile(text)
      await opened.sync()
    } finally {
      await opened.close()
    }
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true })
    throw new OutriggerError('CONFIG_INVALID', `${file} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'})`, { cause })
  }
}

export async function runLock (argv: string[]): Promise<void> {
  const { values: { out, check, help: wantsHelp }, positionals: [folder, ...more] } = readFlags(argv, { out: { type: 'string', default: 'models.lock' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } })
  if (wantsHelp === true) { process.stdout.write(help); return }
  if (folder === undefined || more.length > 0) throw new OutriggerError('CONFIG_INVALID', 'lock takes one folder: outrigger lock MODELS')
  const found = await lockOf(folder)
  const count = [...found.values()].reduce((sum, versions) => sum + versions.size, 0)
  if (check !== true) {
    await writeWhole(out, lockText(found))
    process.stdout.write(`${out}: ${count} versions of ${found.size} models are pinned\n`)
    return
  }
  const lines = lockDifferences(await readLock(out), found)
  process.stdout.write(lines.length === 0 ? `${count} versions are as ${out} pins them\n` : `${lines.join('\n')}\n`)
  process.exitCode = lines.length === 0 ? 0 : 1
}
