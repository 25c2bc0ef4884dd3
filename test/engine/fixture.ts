// Engines on the fixture program with its adding double, in folders of their own that vanish with the test.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Engine, EngineState } from '../../src/engine/engine.js'
import { createEngine, type EngineOptions } from '../../src/engine/supervisor.js'
import { codecs, methods } from '../../src/grpc/protos.js'

export const fixtureProgram = fileURLToPath(new URL('../fixtures/model-server/main.mjs', import.meta.url))

export interface Bench {
  engine: Engine
  /** A folder of the test's own, short enough for sockets. */
  folder: string
  /** Sets the fixture's misbehaviours, from now on. */
  control (values: Record<string, unknown>): void
  /** Lines that the fixture wrote, of this event. */
  journal (event: string): string[]
  /** Makes a version's folder and returns the model's base path. */
  model (name: string, ...versions: bigint[]): string
  log: Record<string, unknown>[]
}

/** Short, because a socket's path has little room. */
export function temporaryFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'ot-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An engine that is not started yet. It is stopped with the test. */
export function bench (t: Test, options: Partial<EngineOptions> = {}, misbehaviour: Record<string, unknown> = {}): Bench {
  const folder = temporaryFolder(t)
  const controlFile = join(folder, 'control.json')
  const journalFile = join(folder, 'journal')
  const log: Record<string, unknown>[] = []
  const control = (values: Record<string, unknown>): void => {
    writeFileSync(`${controlFile}.new`, JSON.stringify({ compute: 'add', journal: journalFile, ...values }))
    renameSync(`${controlFile}.new`, controlFile)
  }
  control(misbehaviour)
  writeFileSync(journalFile, '')
  const engine = createEngine({
    kind: 'tensorflow',
    program: { file: process.execPath, args: [fixtureProgram] },
    environment: { PATH: process.env.PATH, TF_FIXTURE_CONTROL: controlFile, OUTRIGGER_TOKEN: 'secret' },
    log: pino({ level: 'trace' }, { write: (line: string) => { log.push(JSON.parse(line) as Record<string, unknown>) } }),
    socketParents: [folder],
    ...options
  })
  t.teardown(() => engine.stop())
  return {
    engine,
    folder,
    control,
    log,
    journal: event => readFileSync(journalFile, 'utf8').split('\n').filter(line => line.startsWith(`${event} `)),
    model (name, ...versions) {
      const base = join(folder, name)
      for (const version of versions) {
        mkdirSync(join(base, String(version)), { recursive: true })
        writeFileSync(join(base, String(version), 'saved_model.pb'), name)
      }
      return base
    }
  }
}

export const soon = (ms = 20_000): number => Date.now() + ms

/** A predict request for the double; `mark` is a text in its bytes. */
export function request (model: string, x: number[], mark = 'serving_default'): Buffer {
  return codecs.predictRequest.encode({
    model_spec: { name: model, signature_name: mark },
    inputs: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: String(x.length) }] }, float_val: x } }
  })
}

/** What the double answered: x plus the version. */
export const answerOf = (bytes: Buffer): number[] => codecs.predictResponse.decode(bytes).outputs.y?.float_val ?? []

export async function predict (engine: Engine, model: string, x: number[], options: { deadline?: number, resend?: boolean, mark?: string, signal?: AbortSignal } = {}): Promise<number[]> {
  const { deadline = soon(), resend = true, mark, signal } = options
  return answerOf(await engine.call(methods.predict, request(model, x, mark), { deadline, resend, signal }))
}

/** Resolves when the engine enters the state, or at once when it is in it. */
export function reaches (engine: Engine, state: EngineState): Promise<void> {
  if (engine.report().state === state) return Promise.resolve()
  return new Promise(resolve => engine.on('state', report => { if (report.state === state) resolve() }))
}

/** Polls, for what no event tells. */
export async function until (what: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!await what()) {
    if (Date.now() > end) throw new Error(`not so within ${withinMs} ms: ${what.toString()}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Whether the process runs; a zombie that nobody collects does not. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Keeps the test's process running while it waits for something that alone would not. */
export function keepAlive (t: Test): void {
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
}

/** What the call rejected with; undefined when it did not. */
export const failureOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined, (error: unknown) => error)
