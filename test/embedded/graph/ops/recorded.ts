// Runs what scripts/record-op-cases.py recorded from TensorFlow through our kernels and compares: integers, strings and shapes exactly, floats within the case's tolerance.
import { readFileSync, readdirSync } from 'node:fs'
import { allocate, elementCount, type Tensor, type TensorData } from '../../../../src/tensor/tensor.js'
import { dtypeRow, type DType } from '../../../../src/tensor/dtype.js'
import { ModelError } from '../../../../src/embedded/formats/format.js'
import { ops } from '../../../../src/embedded/graph/ops/index.js'
import { unpackHalves } from '../../../../src/embedded/graph/ops/half.js'
import { Variable } from '../../../../src/embedded/graph/variable.js'
import type { Attributes, BoundNode, Handle, OpFamily, PartialShape, Session, Value } from '../../../../src/embedded/graph/kernel.js'
import type { Test } from 'tap'

export interface TensorCase { dtype: DType, shape: number[], data?: (number | string)[], base64?: string }
interface AttributeCase {
  type?: DType, i?: number, b?: boolean, f?: number | string, s?: string, shape?: number[] | null
  types?: DType[], ints?: number[], floats?: (number | string)[], strings?: string[], shapes?: (number[] | null)[]
}
export interface StepCase {
  op: string
  name?: string
  attrs?: Record<string, AttributeCase>
  inputs: (TensorCase | { ref: [number, number] })[]
  outputs?: (TensorCase | 'handle')[]
  error?: { code: number, message: string }
  tolerance?: [number, number]
}
type RecordedCase = StepCase | { steps: StepCase[] }

const folder = new URL('../../../fixtures/ops/', import.meta.url)

export const families = (): string[] => readdirSync(folder).filter(name => name.endsWith('.json')).map(name => name.replace('.json', '')).sort()

export function readFamily (family: string): RecordedCase[] {
  return (JSON.parse(readFileSync(new URL(`${family}.json`, folder), 'utf8')) as { cases: RecordedCase[] }).cases
}

export const stepsOf = (recorded: RecordedCase): StepCase[] => 'steps' in recorded ? recorded.steps : [recorded]

/** Runs every case of the family's file. */
export function runRecorded (t: Test, family: string, session: Partial<Session> = {}): void {
  readFamily(family).forEach((recorded, i) => runCase(t, recorded, `${family} ${i}`, session))
}

function runCase (t: Test, recorded: RecordedCase, title: string, parts: Partial<Session>): void {
  const session: Session = { folder: '/nowhere', resources: new Map(), ...parts }
  const done: (readonly Value[])[] = []
  for (const step of stepsOf(recorded)) {
    const named = `${title} ${step.op} ${JSON.stringify(step.attrs ?? {})} ${step.inputs.map(input => 'ref' in input ? '·' : `${input.dtype}[${input.shape.join(',')}]`).join(' ')}`
    const inputs = step.inputs.map(input => 'ref' in input ? done[input.ref[0]][input.ref[1]] : tensorFromCase(input))
    const before = inputs.map(input => 'data' in input ? structuredClone(input.data) : undefined)
    const result = attempt(() => runStep(step, inputs, session))
    t.equal(problemOf(step, result), undefined, named)
    if (inputs.some((input, k) => 'data' in input && !sameData(input.data, before[k]))) t.fail(`${named} changed its inputs`)
    if (result instanceof Error) break
    done.push(result)
  }
}

/** What is wrong with the result, if anything. */
function problemOf (step: StepCase, result: readonly Value[] | Error): string | undefined {
  if (step.error !== undefined) {
    if (!(result instanceof ModelError)) return `${result instanceof Error ? result.stack : 'a result'} instead of: ${step.error.message}`
    return result.status === step.error.code ? undefined : `status ${result.status} (${result.message}) instead of ${step.error.code} (${step.error.message})`
  }
  if (result instanceof Error) return result.stack
  const wanted = step.outputs ?? []
  // Fewer are recorded where TensorFlow leaves the others uninitialised.
  if (result.length < wanted.length) return `${result.length} outputs instead of ${wanted.length}`
  return wanted.map((output, k) => output === 'handle' ? undefined : compare(result[k], output, step.tolerance ?? [0, 0])).find(text => text !== undefined)
}

const sameData = (a: TensorData, b: TensorData | undefined): boolean => Buffer.compare(fingerprint(a), fingerprint(b as TensorData)) === 0

const fingerprint = (data: TensorData): Buffer =>
  ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.concat(data)

function attempt<T> (run: () => T): T | Error {
  try {
    return run()
  } catch (error) {
    return error as Error
  }
}

/** Variables are not in the op families; these stand for their ops. */
const doubles: OpFamily = {
  VarHandleOp: node => {
    const handle: Handle = { dtype: 'DT_RESOURCE', shape: [], resource: new Variable(node.name, node.attrs.dtype('dtype')) }
    return () => handle
  },
  AssignVariableOp: () => ([handle, value]) => {
    ((handle as Handle).resource as Variable).value = value as Tensor
    return []
  }
}

/** Binds the step's op and calls its kernel. */
export function runStep (step: Pick<StepCase, 'op' | 'name' | 'attrs'>, inputs: readonly Value[], session: Session): readonly Value[] {
  const op = ops.get(step.op) ?? doubles[step.op]
  if (op === undefined) throw new Error(`no op ${step.op}`)
  const outputs = op(nodeOf(step, inputs.length))(inputs, session)
  return Array.isArray(outputs) ? outputs as readonly Value[] : [outputs as Value]
}

export function nodeOf (step: Pick<StepCase, 'op' | 'name' | 'attrs'>, inputCount: number): BoundNode {
  const name = step.name ?? step.op
  return {
    name,
    op: step.op,
    attrs: attributesOf(step.attrs ?? {}),
    inputCount,
    bindFunction: () => { throw new Error('no functions here') },
    unimplemented: detail => { throw new ModelError(12, `op ${step.op} (node ${name}) ${detail}`) }
  }
}

function attributesOf (attrs: Record<string, AttributeCase>): Attributes {
  const read = <T>(name: string, kind: keyof AttributeCase, fallback: T | undefined): T => {
    const value = attrs[name]?.[kind]
    if (value !== undefined) return value as T
    // An empty list is recorded as a list of numbers.
    if (attrs[name]?.ints?.length === 0) return [] as T
    if (fallback === undefined) throw new ModelError(3, `attribute ${name} is missing`)
    return fallback
  }
  const shape = (name: string, fallback?: PartialShape): PartialShape => attrs[name] === undefined ? fallback : attrs[name].shape ?? undefined
  return {
    has: name => attrs[name] !== undefined,
    int: (name, fallback) => read(name, 'i', fallback),
    ints: (name, fallback) => read(name, 'ints', fallback),
    float: (name, fallback) => Number(read<number | string>(name, 'f', fallback)),
    floats: (name, fallback) => read<readonly (number | string)[]>(name, 'floats', fallback).map(Number),
    bool: (name, fallback) => read(name, 'b', fallback),
    string: (name, fallback) => {
      const value = attrs[name]?.s
      return value === undefined ? read(name, 's', fallback) : Buffer.from(value, 'latin1').toString('utf8')
    },
    strings: (name, fallback) => read<readonly string[]>(name, 'strings', fallback),
    dtype: (name, fallback) => read(name, 'type', fallback),
    dtypes: (name, fallback) => read(name, 'types', fallback),
    shape,
    shapes: (name, fallback) => read<readonly (number[] | null)[]>(name, 'shapes', fallback as never).map(item => item ?? undefined),
    tensor: name => { throw new Error(`no tensor attribute ${name}`) },
    func: name => { throw new Error(`no function attribute ${name}`) }
  }
}

export function tensorFromCase ({ dtype, shape, data, base64 }: TensorCase): Tensor {
  return { dtype, shape, data: dataFromCase(dtype, elementCount(shape), data, base64) }
}

function dataFromCase (dtype: DType, count: number, data: (number | string)[] | undefined, base64: string | undefined): TensorData {
  if (dtype === 'DT_STRING') return (data as string[]).map(text => new Uint8Array(Buffer.from(text, 'latin1')))
  const out = allocate(dtype, count)
  if (base64 !== undefined) {
    new Uint8Array(out.buffer).set(Buffer.from(base64, 'base64'))
    return out
  }
  const big = dtype === 'DT_INT64' || dtype === 'DT_UINT64'
  data?.forEach((value, i) => { (out as unknown as (number | bigint)[])[i] = big ? BigInt(value) : Number(value) })
  return out
}

/** undefined when equal, else what differs. */
function compare (ours: Value, wanted: TensorCase, [relative, absolute]: readonly [number, number]): string | undefined {
  if (!('data' in ours)) return 'a handle instead of a tensor'
  const theirs = tensorFromCase(wanted)
  if (ours.dtype !== theirs.dtype) return `dtype ${ours.dtype} instead of ${theirs.dtype}`
  if (ours.shape.join() !== theirs.shape.join()) return `shape [${ours.shape.join()}] instead of [${theirs.shape.join()}]`
  const row = dtypeRow(ours.dtype)
  if (row.array !== undefined && !(ours.data instanceof row.array)) return 'data in another array type'
  if (ours.data.length !== theirs.data.length) return `${ours.data.length} elements instead of ${theirs.data.length}`
  const x = comparable(ours)
  const y = comparable(theirs)
  for (let i = 0; i < x.length; i++) {
    const same = typeof x[i] === 'number'
      ? Object.is(x[i], y[i]) || Math.abs(x[i] as number - (y[i] as number)) <= absolute + relative * Math.abs(y[i] as number)
      : x[i] === y[i]
    if (!same) return `element ${i} is ${x[i]} instead of ${y[i]}: ours [${Array.from(x).slice(0, 64).join()}] theirs [${Array.from(y).slice(0, 64).join()}]`
  }
  return undefined
}

function comparable ({ dtype, data }: Tensor): ArrayLike<number | bigint | string> {
  if (dtype === 'DT_STRING') return (data as readonly Uint8Array[]).map(bytes => Buffer.from(bytes).toString('latin1'))
  if (dtype === 'DT_HALF' || dtype === 'DT_BFLOAT16') return unpackHalves(dtype, data as Uint16Array)
  return data as ArrayLike<number | bigint>
}

