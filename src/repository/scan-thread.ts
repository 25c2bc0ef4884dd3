// Has the disk looked at by a thread of its own, one question at a time, each with a limit: a file system that hangs holds up that thread and nothing else.
import { Worker } from 'node:worker_threads'
import { OutriggerError } from '../errors.js'
import { besideModule } from '../module-url.js'
import type { FoundModel, ModelFault } from './scan.js'
import type { ScanAnswer, ScanQuestion } from './scan-messages.js'
import type { Scanner } from './scanner.js'

export interface ScanThreadOptions {
  /** Longest time of one question, in milliseconds; the time that it waits for others counts. */
  readonly withinMs: number
  /** Another program for the thread. */
  readonly entry?: URL
}

/**
 * A scanner on a thread, which starts with the first question and again should it ever end. While an answer is overdue no further question is put:
 * whoever asks waits for that answer within the limit, so that nothing piles up and the first answer after the hang heals it.
 */
export function threadScanner ({ withinMs, entry = besideModule(import.meta.url, 'scan-worker') }: ScanThreadOptions): Scanner {
  let worker: Worker | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let online: Promise<unknown> = Promise.resolve()
  let last: readonly (FoundModel | ModelFault)[] = []

  function begin (): Worker {
    const fresh = new Worker(entry, { name: 'outrigger-scan' })
    fresh.unref()
    online = new Promise(resolve => { fresh.once('online', resolve).once('exit', resolve) })
    fresh.once('exit', () => { if (worker === fresh) worker = undefined })
    return fresh
  }

  const ask = async (question: ScanQuestion): Promise<ScanAnswer> => await new Promise((resolve, reject) => {
    const asked = worker ??= begin()
    const settle = (): void => {
      asked.off('message', answered)
      asked.off('error', failed)
      asked.off('exit', ended)
    }
    const answered = (answer: ScanAnswer): void => { settle(); resolve(answer) }
    const failed = (error: Error): void => { settle(); reject(error) }
    const ended = (): void => { failed(new Error('the thread that looks at the disk has ended')) }
    asked.once('message', answered)
    asked.once('error', failed)
    asked.once('exit', ended)
    asked.postMessage(question)
  })

  async function within<T> (work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    // On a busy machine a thread takes its time to start; that is not the disk's.
    await Promise.race([work.catch(() => {}), online])
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => { reject(new OutriggerError('CONFIG_INVALID', `the disk has not answered for ${withinMs / 1000} s`)) }, withinMs)
    })
    return await Promise.race([work, late]).finally(() => { clearTimeout(timer) })
  }

  /** The answer to a question, in its turn. One for which nobody waits any more is not put. */
  async function answerTo (question: ScanQuestion): Promise<ScanAnswer> {
    let given = false
    worker ??= begin()
    const mine = turn.then(async () => {
      if (given) throw new Error('nobody waits any more')
      const answer = await ask(question)
      // Also when it comes too late for who asked: the thread counts from this answer on.
      if ('found' in answer) last = answer.found ?? last
      return answer
    })
    turn = mine.catch(() => {})
    const answer = await within(mine).finally(() => { given = true })
    if ('fault' in answer) throw new OutriggerError('CONFIG_INVALID', answer.fault)
    return answer
  }

  return {
    look: async source => {
      await answerTo({ look: source })
      return last
    },
    fingerprints: async folders => {
      const answer = folders.length === 0 ? { prints: [] } : await answerTo({ fingerprints: folders })
      return 'prints' in answer ? answer.prints : []
    },
    close: async () => {
      const ending = worker
      worker = undefined
      // A thread that hangs in the file system cannot be ended; nobody waits for it.
      if (ending !== undefined) await Promise.race([ending.terminate(), new Promise(resolve => setTimeout(resolve, 200))])
    }
  }
}
