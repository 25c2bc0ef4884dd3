// Starts the built service as a stranger would, by its command line, and looks at it from outside: HTTP, log lines, processes. No tests here.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { declaredPath, validateAnswer, type Document } from '../helpers/openapi.js'
import type { Fetch } from './tls-fetch.js'

/** The package under test: this checkout, unless OUTRIGGER's installed copy elsewhere is named. */
export const root = process.env.E2E_PACKAGE ?? fileURLToPath(new URL('../..', import.meta.url))
export const cli = join(root, 'dist', 'cli.js')
export const modelsFolder = join(root, 'models')

/** Our fixture program with the traits of the real tensorflow_model_server. */
export const modelServerFixture = join(root, 'test', 'fixtures', 'model-server', 'tensorflow_model_server')

export interface EngineUnderTest { readonly name: 'embedded' | 'tensorflow', readonly flags: readonly string[] }

/** The whole suite runs on each of them. */
export const engines: readonly EngineUnderTest[] = [
  { name: 'embedded', flags: ['--engine', 'embedded'] },
  { name: 'tensorflow', flags: ['--engine', 'tensorflow', '--tensorflow-model-server', modelServerFixture] }
]

/** A busy machine with two cores starts Node twice and loads the samples in a few seconds; more is a fault. */
const startWithinMs = 45_000

export type LogLine = Record<string, unknown>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly json: any // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the service answered
}

export interface Running {
  readonly url: string
  readonly process: ChildProcess
  readonly pid: number
  readonly lines: readonly LogLine[]
  readonly stderr: () => string
  readonly call: (path: string, init?: RequestInit) => Promise<Answer>
  /** Holds every answer so far, of the routes that the OpenAPI document declares, against that document. */
  readonly checkAnswers: (t: Test) => Promise<void>
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Waits until the check holds; throws with its last result. */
  readonly ready: () => Promise<void>
  /** Process ids of its model servers. */
  readonly children: () => number[]
  readonly signal: (signal: NodeJS.Signals) => void
  /** Exit code (or signal) of the process, once it has ended. */
  readonly ended: (withinMs?: number) => Promise<number | string>
}

export interface StartOptions {
  readonly engine?: EngineUnderTest
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly models?: string
  /** Misbehaviours of the fixture, see test/fixtures/model-server/control.mjs. */
  readonly control?: Readonly<Record<string, unknown>>
  /** How it is asked: where it speaks TLS, tls-fetch.ts has a way. */
  readonly fetchBy?: Fetch
  /** False returns once it listens. */
  readonly waitUntilReady?: boolean
}

/** What is to be undone at the end: a test of tap, or what a program keeps in its place. */
export type Closing = Pick<Test, 'teardown'>

/** A fresh folder outside the checkout, removed after the test. */
export function temporaryFolder (t: Closing): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'outrigger-e2e-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files by relative path below a folder. */
export function write (folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/** Copies a sample's version into a repository folder as `name/version`, without its handler (and the examples, which need it) unless wanted. */
export function copyModel (repository: string, from: string, name: string, version = '1', { handler = false } = {}): string {
  const target = join(repository, name, version)
  cpSync(join(modelsFolder, from), target, { recursive: true })
  for (const file of readdirSync(target)) if (!handler && (file.endsWith('.ts') || file === 'examples')) rmSync(join(target, file), { recursive: true })
  return target
}

/** Of a service whose memory is measured: see `collectGarbage`. */
export const collectOnSignal = { NODE_OPTIONS: `--import=${new URL('collecting.mjs', import.meta.url).href}` }

/** Has the service, started with `collectOnSignal`, and its model servers collect their garbage, so that what they hold is measured; a program that is not ours takes no notice. */
export function collectGarbage (service: Running): void {
  service.signal('SIGCONT')
  for (const pid of service.children()) {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has just ended.
    }
  }
}

/** The environment of a fresh machine: nothing of this one's settings. */
export const freshEnvironment = (): Record<string, string> => ({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', TMPDIR: tmpdir() })

/** Starts `outrigger ARGS` and gathers what it writes. */
export function run (t: Closing, args: readonly string[], env: Readonly<Record<string, string>> = {}): { process: ChildProcess, lines: LogLine[], stderr: () => string } {
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, env: { ...freshEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: LogLine[] = []
  let stderr = ''
  createInterface({ input: child.stdout! }).on('line', line => {
    try { lines.push(JSON.parse(line) as LogLine) } catch { lines.push({ unreadable: line }) }
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { process: child, lines, stderr: () => stderr }
}

/** Waits until `check` gives something; throws what it was about with the last state when it does not in time. */
export async function until<T> (what: string, check: () => T | undefined | Promise<T | undefined>, withinMs = startWithinMs, state: () => unknown = () => ''): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what} ${String(state())}`)
    await sleep(20)
  }
}

/** `outrigger serve` on a free port. */
export async function start (t: Closing, { engine, flags = [], env = {}, models = modelsFolder, control, fetchBy = fetch, waitUntilReady = true }: StartOptions = {}): Promise<Running> {
  const controlFile = join(temporaryFolder(t), 'control.json')
  if (control !== undefined) writeFileSync(controlFile, JSON.stringify(control))
  const source = flags.some(flag => /^--model[-_](config[-_]file|name)\b/.test(flag)) ? [] : ['--models', models]
  // Such a server would misbehave in the proof that comes before batching already.
  const batching = control === undefined || flags.includes('--batching') ? [] : ['--batching', 'off']
  const child = run(t, ['serve', '--port', '0', ...source, ...(engine?.flags ?? []), ...batching, ...flags], { ...(control === undefined ? {} : { TF_FIXTURE_CONTROL: controlFile }), ...env })
  const { process: service, lines, stderr } = child
  const described = (): string => `\n${stderr()}\n${lines.slice(-15).map(line => JSON.stringify(line)).join('\n')}`
  const alive = (): void => { if (service.exitCode !== null || service.signalCode !== null) throw new Error(`the service ended with ${service.exitCode ?? service.signalCode}:${described()}`) }
  const url = await until('it listens', () => { alive(); return lines.find(line => line.message === 'listening')?.url as string | undefined }, startWithinMs, described)
  const pid = service.pid!
  const answers: { method: string, path: string, answer: Answer }[] = []
  const call: Running['call'] = async (path, init = {}) => {
    const response = await fetchBy(url + path, { signal: AbortSignal.timeout(40_000), ...init }).catch((cause: unknown) => {
      alive()
      throw cause
    })
    const text = await response.text()
    const answer = { status: response.status, headers: response.headers, text, json: parsed(text) as unknown }
    answers.push({ method: init.method ?? 'GET', path: path.split('?', 1)[0]!, answer })
    return answer
  }
  const running: Running = {
    url,
    process: service,
    pid,
    lines,
    stderr,
    call,
    checkAnswers: async t => {
      const document = (await call('/openapi.json')).json as Document
      const declared = answers.filter(({ method, path }) => method !== 'HEAD' && declaredPath(document, path) !== undefined)
      t.ok(declared.length > 0, 'there are answers to check')
      t.same([...new Set(declared.flatMap(({ method, path, answer }) => validateAnswer(document, method, path, answer.status, answer.headers.get('content-type') ?? '', answer.json)))], [], `${declared.length} answers are as /openapi.json says`)
    },
    post: async (path, body, headers = {}) => await call(path, {
      method: 'POST',
      body: body instanceof Uint8Array || typeof body === 'string' || body instanceof FormData ? body as RequestInit['body'] : JSON.stringify(body),
      headers: body instanceof FormData ? headers : { 'content-type': 'application/json', ...headers }
    }),
    ready: async () => {
      let last = ''
      await until('it is ready', async () => {
        alive()
        const answer = await call('/health/ready')
        last = answer.text
        return answer.status === 200
      }, startWithinMs, () => last + described())
    },
    children: () => modelServersOf(pid),
    signal: signal => { service.kill(signal) },
    ended: async (withinMs = 35_000) => await until('it ends', () => service.signalCode ?? service.exitCode ?? undefined, withinMs, described)
  }
  if (waitUntilReady) await running.ready()
  return running
}

function parsed (text: string): unknown {
  try { return JSON.parse(text) } catch { return undefined }
}

interface ProcessRow { readonly pid: number, readonly parent: number, readonly state: string, readonly command: string }

function processes (): ProcessRow[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => {
    try {
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      return [{ pid: Number(pid), parent: Number(parent), state: state!, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }]
    } catch {
      return []
    }
  })
}

/** The model servers among the children of a process. */
const modelServersOf = (pid: number): number[] => processes().filter(row => row.parent === pid && row.state !== 'Z' && row.command.includes('--grpc_socket_path')).map(row => row.pid)

/** Whether a process is there; one that has ended and was not waited for yet counts as gone. */
export const isAlive = (pid: number): boolean => processes().some(row => row.pid === pid && row.state !== 'Z')

/** A machine without /proc cannot show processes: such tests are skipped there, with this reason. */
export const noProc: string | false = existsSync('/proc/self/stat') ? false : 'there is no /proc to look at processes'

/** A deferred sleep by its usual name. */
export { sleep }

