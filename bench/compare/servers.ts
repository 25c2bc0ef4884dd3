// The servers that are compared: each with where it listens, which processes stand in front and behind, and what it can be asked. Starts them; knows no figures.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cli, freshEnvironment, root, start, temporaryFolder, until, type Closing } from '../../test/e2e/service.js'
import type { Target } from '../load/connection.js'
import type { LoadName } from './loads.js'
import { modelConfig } from './models.js'
import type { Python } from './python.js'

export interface Server {
  readonly name: string
  /** As it was started, for the report. */
  readonly configuration: string
  readonly target: Target
  /** The process in front, whose descendants count as well. */
  readonly front: number
  /** The model server's process behind it; undefined where there is none. It may be a descendant of the one in front, and is counted apart either way. */
  readonly behind: () => number | undefined
  readonly loads: readonly LoadName[]
  /** False where no model stands behind. */
  readonly checked: boolean
}

export interface Backend { readonly name: string, readonly socket: string, readonly pid: number, readonly restPort: number | undefined }

const restLoads: readonly LoadName[] = ['tiny', 'medium', 'image', 'base64']
const host = '127.0.0.1'

/** A port that was free a moment ago: for programs that cannot tell which one they took. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}

/** Starts a program whose output is kept for the message when it ends too early; ended, with its descendants, at the end. */
function startProgram (closing: Closing, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): { process: ChildProcess, check: () => void } {
  // A group of its own: gunicorn's and uvicorn's workers end with it.
  const child = spawn(program, args, { cwd: root, env: { ...freshEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output = (output + text).slice(-4000) })
  child.on('error', error => { output += error.message })
  closing.teardown(async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, 'SIGKILL')
    await once(child, 'exit')
  })
  return {
    process: child,
    check: () => { if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended with ${child.signalCode ?? child.exitCode}: ${output}`) }
  }
}

/** One model server for all that need one: the real one where its path is given, with its own REST, else the embedded one. */
export async function startBackend (closing: Closing, repository: string, tensorflow: string | undefined): Promise<Backend> {
  const folder = temporaryFolder(closing)
  const socket = join(folder, 'models.sock')
  const config = join(folder, 'models.config')
  writeFileSync(config, modelConfig(repository))
  const shared = [`--grpc_socket_path=${socket}`, `--model_config_file=${config}`, '--port=0']
  const restPort = tensorflow === undefined ? undefined : await freePort()
  const { process: child, check } = tensorflow === undefined
    ? startProgram(closing, process.execPath, [cli, 'model-server', ...shared])
    : startProgram(closing, tensorflow, [...shared, `--rest_api_port=${restPort}`], { TF_CPP_MIN_LOG_LEVEL: '2' })
  await until('the model server has its socket', () => { check(); return existsSync(socket) || undefined }, 60_000)
  return { name: tensorflow === undefined ? 'embedded model server' : 'tensorflow_model_server', socket, pid: child.pid!, restPort }
}

/** The built service with a model server of its own. */
export async function startGateway (closing: Closing, repository: string, { name, tensorflow, flags = [] }: { name: string, tensorflow: string | undefined, flags?: readonly string[] }): Promise<Server & { readonly pid: number }> {
  const all = [...tensorflow === undefined ? ['--engine', 'embedded'] : ['--engine', 'tensorflow', '--tensorflow-model-server', tensorflow], '--no-log-requests', ...flags]
  const service = await start(closing, { models: repository, flags: all, env: { MALLOC_ARENA_MAX: '2' } })
  return {
    name,
    configuration: `MALLOC_ARENA_MAX=2 outrigger serve ${all.map(flag => flag === tensorflow ? 'PATH' : flag).join(' ')}`,
    target: { host, port: Number(new URL(service.url).port) },
    front: service.pid,
    pid: service.pid,
    behind: () => service.children()[0],
    loads: ['tiny', 'medium', 'image', 'raw', 'jpeg', 'base64'],
    checked: true
  }
}

/** The least that any gateway on Fastify must do: an empty route that takes a body. */
export async function startFloor (closing: Closing): Promise<Server> {
  const port = await freePort()
  const { process: child, check } = startProgram(closing, process.execPath, [fileURLToPath(new URL('../rivals/empty-route.mjs', import.meta.url)), String(port)])
  await listening(port, check)
  return { name: 'empty Fastify route', configuration: 'bench/rivals/empty-route.mjs', target: { host, port }, front: child.pid!, behind: () => undefined, loads: ['tiny', 'medium', 'image'], checked: false }
}

/** TensorFlow Serving's own REST, by the same process that stands behind the others. */
export const tensorflowRest = ({ restPort, pid }: Backend): Server =>
  ({ name: "TensorFlow Serving's REST", configuration: 'tensorflow_model_server --rest_api_port=PORT', target: { host, port: restPort! }, front: pid, behind: () => undefined, loads: restLoads, checked: true })

interface Rival { readonly name: string, readonly configuration: string, readonly args: (port: number) => readonly string[] }

const programs = fileURLToPath(new URL('../rivals', import.meta.url))
const cores = cpus().length

/** FastAPI with so many workers, everything that makes it fast on. */
const fastapi = (workers: number): Rival => ({
  name: 'FastAPI + grpc.aio',
  configuration: `uvicorn --workers ${workers} --loop uvloop --http httptools --no-access-log, orjson, grpc.aio, NumPy`,
  args: port => ['-m', 'uvicorn', 'fastapi_app:app', '--app-dir', programs, '--host', host, '--port', String(port), '--workers', String(workers), '--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'warning']
})

const flask = (workers: number, threads: number): Rival => ({
  name: 'Flask + gunicorn',
  configuration: `gunicorn --worker-class gthread --workers ${workers} --threads ${threads} --keep-alive 60, orjson, grpc, NumPy`,
  args: port => ['-m', 'gunicorn', 'flask_app:app', '--chdir', programs, '--bind', `${host}:${port}`, '--worker-class', 'gthread', '--workers', String(workers), '--threads', String(threads), '--keep-alive', '60', '--log-level', 'warning']
})

/** Each with the numbers of workers and threads among which its best is looked for, the usual one first. */
export const rivals: readonly (readonly Rival[])[] = [
  [fastapi(cores), fastapi(1), fastapi(cores * 2)],
  [flask(cores, 8), flask(1, 16), flask(cores * 2, 8)]
]

/** Starts a Python server in front of the backend. */
export async function startRival (closing: Closing, { name, configuration, args }: Rival, { python, generated }: Python, backend: Backend): Promise<Server> {
  const port = await freePort()
  const { process: child, check } = startProgram(closing, python, args(port), { PYTHONPATH: generated, MODEL_SOCKET: backend.socket })
  await listening(port, check)
  return { name, configuration, target: { host, port }, front: child.pid!, behind: () => backend.pid, loads: restLoads, checked: true }
}

/** Resolves when something there answers HTTP, whatever it answers. */
async function listening (port: number, check: () => void): Promise<void> {
  await until(`something answers on port ${port}`, async () => {
    check()
    try {
      await (await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(1000) })).arrayBuffer()
      return true
    } catch {
      return undefined
    }
  }, 60_000)
}
