// Whether a signature may be batched: by its shapes, and by asking the model the same rows alone and together. A graph that looks across rows must never be. Knows no engine.
import { OutriggerError, type ErrorCode } from '../errors.js'
import type { Signature, Tensors } from '../tensor/tensor.js'
import { differingTensor } from './alike.js'
import { generatedRows, leastRowBytes } from './generated-rows.js'
import { dataBytes, rowsOf, splitFault, splitRows, stackKey } from './merge.js'

/**
 * settings: switched off. shape: a first size is fixed or unknown to exist. size: even one row is too large to gain from it. state: calls change the model.
 * rows: an answer has not one row per row of the request. mixes: rows in company get another answer than alone. unproven: no rows to find it out with.
 */
export const batchingCauses = ['proven', 'settings', 'shape', 'size', 'state', 'rows', 'mixes', 'unproven'] as const

export interface BatchingState {
  readonly on: boolean
  readonly cause: (typeof batchingCauses)[number]
  /** For people. */
  readonly why: string
}

/** A state that is off. */
export const off = (cause: BatchingState['cause'], why: string): BatchingState => ({ on: false, cause, why })

export interface ProofOptions {
  /** Asks the model. Rejects with an OutriggerError. */
  readonly ask: (inputs: Tensors) => Promise<Tensors>
  /** Asks the model for all of these in one call. */
  readonly askTogether: (requests: readonly Tensors[]) => Promise<Tensors>
  /** What the model was asked in the version's examples. */
  readonly recorded: readonly Tensors[]
  /** Larger requests are never batched. */
  readonly maxRequestBytes: number
}

/** Of the recorded ones; more prove nothing more. */
const maxRecorded = 8
/** Tried one after the other where a signature leaves inner sizes open: words of a text, then the sides of a small picture. */
const openSizes = [8, 32]
/** What a model answers to rows that do not suit it. */
const refusals: ReadonlySet<ErrorCode> = new Set(['MODEL_INVALID_ARGUMENT', 'MODEL_FAILED_PRECONDITION', 'MODEL_OUT_OF_RANGE', 'MODEL_UNIMPLEMENTED', 'MODEL_FAILED', 'MODEL_MISSING'])

interface Asked { readonly inputs: Tensors, readonly rows: number, readonly outputs: Tensors }

/** What the signature alone says against batching; undefined when nothing does. */
export function batchingFault (signature: Signature, maxRequestBytes: number): BatchingState | undefined {
  if (signature.inputs.size === 0 || signature.outputs.size === 0) return off('shape', `it has no ${signature.inputs.size === 0 ? 'inputs' : 'outputs'}`)
  for (const [what, infos] of [['input', signature.inputs], ['output', signature.outputs]] as const) {
    for (const [name, { shape }] of infos) {
      if (shape === undefined) return off('shape', `${what} ${name} has an unknown rank`)
      if (shape.length === 0) return off('shape', `${what} ${name} is a scalar`)
      if (shape[0] >= 0) return off('shape', `the first size of ${what} ${name} is always ${shape[0]}`)
    }
  }
  const bytes = leastRowBytes(signature)
  return bytes > maxRequestBytes ? off('size', `one row has ${bytes} bytes; requests above ${maxRequestBytes} are never batched`) : undefined
}

/**
 * Asks the recorded and the generated rows each alone and then together, in two orders and two numbers. Rejects with what the model server
 * answered when it did not come to an answer about these rows (deadline, connection).
 */
export async function proveBatching (signature: Signature, options: ProofOptions): Promise<BatchingState> {
  const fault = batchingFault(signature, options.maxRequestBytes)
  if (fault !== undefined) return fault
  const asked: Asked[] = []
  const take = async (requests: readonly Tensors[]): Promise<BatchingState | undefined> => {
    for (const inputs of requests) {
      const one = await askAlone(inputs, options)
      if (one === undefined) continue
      const fault = splitFault(one.outputs, one.rows)
      if (fault !== undefined) return off('rows', fault)
      asked.push(one)
    }
    return undefined
  }
  const recorded = options.recorded.filter(inputs => Object.keys(inputs).length === signature.inputs.size && dataBytes(inputs) <= options.maxRequestBytes)
  let odd = await take(recorded.slice(0, maxRecorded))
  const before = asked.length
  const open = [...signature.inputs.values()].some(({ shape }) => shape!.slice(1).some(size => size < 0))
  for (const size of open ? openSizes : [1]) if (odd === undefined && asked.length === before) odd = await take(generatedRows(signature, size))
  return odd ?? await compare(asked, options)
}

/** Undefined for rows that the model refuses, or that have no common number. */
async function askAlone (inputs: Tensors, { ask }: ProofOptions): Promise<Asked | undefined> {
  const rows = rowsOf(inputs)
  if (rows === undefined) return undefined
  try {
    return { inputs, rows, outputs: await ask(inputs) }
  } catch (error) {
    if (error instanceof OutriggerError && refusals.has(error.code)) return undefined
    throw error
  }
}

async function compare (asked: readonly Asked[], options: ProofOptions): Promise<BatchingState> {
  const groups = new Map<string, Asked[]>()
  for (const one of asked) {
    const key = stackKey(one.inputs)
    groups.set(key, [...groups.get(key) ?? [], one])
  }
  let telling = false
  for (const group of groups.values()) {
    if (group.length < 2) continue
    // The other order shows what sorts; the other number, what has a size of its own that was this one by chance.
    const orders = group.length > 2 ? [group, group.slice(1).reverse()] : [group, [...group].reverse(), [...group, group[0]]]
    for (const order of orders) {
      const odd = await compareOrder(order, options)
      if (odd !== undefined) return odd
    }
    telling ||= group.some(one => group.some(other => one.rows === other.rows && differingTensor(one.outputs, other.outputs) !== undefined))
  }
  if (telling) return { on: true, cause: 'proven', why: 'rows get the same answers together as alone' }
  return off('unproven', asked.length === 0
    ? 'the model refuses generated rows; examples in the version\'s folder would prove it'
    : 'all rows tried get the same answer, or no two have the same shape; examples with different answers would prove it')
}

async function compareOrder (order: readonly Asked[], { askTogether }: ProofOptions): Promise<BatchingState | undefined> {
  let together: Tensors
  try {
    together = await askTogether(order.map(({ inputs }) => inputs))
  } catch (error) {
    if (error instanceof OutriggerError && refusals.has(error.code)) return off('mixes', `the model refuses together what it answers alone: ${error.message}`)
    throw error
  }
  const rows = order.map(one => one.rows)
  const fault = splitFault(together, rows.reduce((sum, count) => sum + count, 0))
  if (fault !== undefined) return off('rows', fault)
  const parts = splitRows(together, rows)
  for (let i = 0; i < order.length; i++) {
    const name = differingTensor(order[i].outputs, parts[i])
    if (name !== undefined) return off('mixes', `rows get another ${name} together than alone`)
  }
  return undefined
}
