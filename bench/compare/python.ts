// The Python of the rivals: an environment of its own with pinned packages, and the messages generated from protos/. Knows no server.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const requirements = join(root, 'bench', 'rivals', 'requirements.txt')

export interface Python {
  readonly python: string
  /** Folder of the generated messages, for PYTHONPATH. */
  readonly generated: string
  /** Version of Python, and the pinned packages. */
  readonly versions: string
}

/** Makes the environment below node_modules/.cache, or takes the one that is there; some minutes the first time. Resolves with why not where there is no Python 3, no network, or no package for this machine. */
export async function preparePython (say: (text: string) => void): Promise<Python | string> {
  const pinned = readFileSync(requirements, 'utf8')
  const protos = readdirSync(join(root, 'protos'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.proto'))
  const key = createHash('sha256').update(pinned).update(protos.map(name => readFileSync(join(root, 'protos', name))).join()).digest('hex').slice(0, 12)
  const cache = join(realpathSync(join(root, 'node_modules')), '.cache', 'bench-rivals')
  const folder = join(cache, key)
  const python = join(folder, 'bin', 'python')
  const generated = join(folder, 'generated')
  try {
    const { stdout } = await run('python3', ['--version'])
    // Its last act, so that an unfinished one is made again.
    if (!existsSync(join(folder, 'generated'))) {
      say('installing the Python packages of the rivals')
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(cache, { recursive: true })
      await run('python3', ['-m', 'venv', folder])
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements], { timeout: 600_000 })
      mkdirSync(`${generated}.tmp`)
      await run(python, ['-m', 'grpc_tools.protoc', `--proto_path=${join(root, 'protos')}`, `--python_out=${generated}.tmp`, `--grpc_python_out=${generated}.tmp`, ...protos])
      renameSync(`${generated}.tmp`, generated)
    }
    return { python, generated, versions: `${stdout.trim()}; ${pinned.trim().split('\n').join(', ')}` }
  } catch (error) {
    return (error as Error).message.split('\n').slice(0, 3).join(' ')
  }
}
