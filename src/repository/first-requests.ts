// The first requests of a version, made before any caller's: what is made on first use is made now, and how long that takes is known. Routes nothing.
import { now } from '../clock.js'
import { chooseSignature } from '../handlers/plain.js'
import { predict } from '../inference/predict.js'
import type { Latency, VersionEntry } from '../inference/registry.js'
import { allocate, elementCount, type Signature, type Tensor, type Tensors } from '../tensor/tensor.js'
import { ask, questionOf, readExamples, type ExampleOptions } from './examples.js'

/** Together they may hold up a version so long; a request that is under way by then is given up. */
const withinMs = 5000
/** Different examples that are asked: more would make nothing that these have not. */
const maxExamples = 8
/** How often the first one is asked again; the median is the warm time. */
const repeats = 3
/** A generated row of more is none that anybody sends. */
const maxElements = 1 << 24

/** Zeros and empty texts, every free size 1; undefined where an input's rank is not known, or it has no values. */
export function generatedRow ({ inputs }: Signature): Tensors | undefined {
  const row: Record<string, Tensor> = {}
  for (const [name, { dtype, shape: declared }] of inputs) {
    const shape = declared?.map(size => size < 0 ? 1 : size)
    if (shape === undefined || dtype === 'DT_RESOURCE' || dtype === 'DT_VARIANT') return undefined
    const count = elementCount(shape)
    if (count > maxElements) return undefined
    row[name] = { dtype, shape, data: dtype === 'DT_STRING' ? Array.from({ length: count }, () => new Uint8Array(0)) : allocate(dtype, count) }
  }
  return row
}

type Request = (timeoutMs: number) => Promise<unknown>

/** What there is to ask: the examples, or else a generated row, which goes to the model alone. Nothing whose calls may not be made twice: they change something. */
async function requestsOf (entry: VersionEntry, options: ExampleOptions): Promise<{ by: Latency['by'], requests: Request[] }> {
  const questions = (await readExamples(entry.folder)).map(questionOf).filter(({ signature }) => entry.mayResend(chooseSignature(entry.signatures, signature).name))
  if (questions.length > 0) return { by: 'example', requests: questions.slice(0, maxExamples).map(question => async timeoutMs => await ask(entry, question, { ...options, timeoutMs })) }
  const signature = chooseSignature(entry.signatures, '')
  const row = entry.mayResend(signature.name) ? generatedRow(signature) : undefined
  const request: Request = async timeoutMs => await predict(entry, row!, { signature: signature.name, deadline: now() + timeoutMs, signal: options.signal ?? new AbortController().signal })
  return { by: 'generated', requests: row === undefined ? [] : [request] }
}

/**
 * Asks exactly this version, live or not, and resolves to what the first request took and what one takes after it; to undefined where there is nothing to ask, or the first fails:
 * what is wrong with a version is for its examples to say. Never rejects. `now` is monotonic, in milliseconds.
 */
export async function firstRequests (entry: VersionEntry, options: ExampleOptions, now: () => number = () => performance.now()): Promise<Latency | undefined> {
  const began = now()
  const left = (): number => Math.min(options.timeoutMs, withinMs - (now() - began))
  const timed = async (request: Request): Promise<number> => {
    const start = now()
    await request(left())
    return now() - start
  }
  try {
    const { by, requests: [first, ...others] } = await requestsOf(entry, options)
    if (first === undefined) return undefined
    const firstMs = await timed(first)
    const warm: number[] = []
    try {
      for (const other of others) if (left() > 0) await timed(other)
      for (let i = 0; i < repeats && left() > 0; i++) warm.push(await timed(first))
    } catch {
      // The first has answered: that is what is told.
    }
    return { by, firstMs, warmMs: warm.sort((a, b) => a - b)[warm.length >> 1] }
  } catch {
    return undefined
  }
}
