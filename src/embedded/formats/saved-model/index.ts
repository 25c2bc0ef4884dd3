// The format SavedModel: reads a version's folder, restores its variables by the graph's own ops, and compiles its signatures.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WireError } from '../../../tensor/proto/wire.js'
import { controlOps } from '../../graph/control.js'
import { Graph, tensorName } from '../../graph/graph.js'
import { ops } from '../../graph/ops/index.js'
import { Variable } from '../../graph/variable.js'
import { variableOps } from '../../graph/variable-ops.js'
import { DATA_LOSS, FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED } from '../../status.js'
import { ModelError, type Format, type LoadedModel } from '../format.js'
import { readSavedModel, type MetaGraph } from './meta-graph.js'
import { closeBundles, restoreOps, verifyBundles } from './restore-op.js'
import type { Op, Session } from '../../graph/kernel.js'
import type { Program } from '../../graph/program.js'
import type { SignatureDef, TensorDef } from '../../../tensor/proto/saved-model.js'
import type { Signature, Tensor, TensorInfo, Tensors } from '../../../tensor/tensor.js'

/** As TensorFlow Serving asks for them. */
const servingTags = ['serve']

/** Names the op to run after the restore; it is not a signature to call. */
const initSignature = '__saved_model_init_op'

/** Programs for subsets of a signature's outputs that are kept. */
const maxNarrowed = 32

/** Every op that a SavedModel may use. */
export const allOps: ReadonlyMap<string, Op> = new Map([...ops, ...Object.entries({ ...controlOps, ...variableOps, ...restoreOps })])

function readMeta (folder: string): MetaGraph {
  const path = join(folder, 'saved_model.pb')
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new ModelError(NOT_FOUND, `Could not find SavedModel .pb or .pbtxt at supplied export directory path: ${folder}. Check that the directory exists and that you have the right permissions for accessing it.`, { cause })
  }
  const meta = parse(path, () => readSavedModel(bytes, servingTags))
  if (meta === undefined) {
    throw new ModelError(NOT_FOUND, 'Could not find meta graph def matching supplied tags: { serve }. To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`')
  }
  return meta
}

/** What a reader throws for bytes that are no message, as TensorFlow reports it. */
function parse<T> (path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof WireError) throw new ModelError(DATA_LOSS, `Can't parse ${path} as binary proto: ${cause.message}`, { cause })
    throw cause
  }
}

const stringTensor = (text: string): Tensor => ({ dtype: 'DT_STRING', shape: [], data: [Buffer.from(text)] })

/** The op to run once after the restore: by signature, else by the newer collection, else by the older one. */
function initOp ({ signatures, collections }: MetaGraph): string | undefined {
  const bySignature = signatures.get(initSignature)?.outputs.get(initSignature)?.tensor
  if (bySignature !== undefined) return bySignature.replace(/:\d+$/, '')
  for (const collection of ['saved_model_main_op', 'legacy_init_op']) {
    const names = collections.get(collection)
    if (names === undefined) continue
    if (names.length !== 1) throw new ModelError(FAILED_PRECONDITION, `Expected exactly one main op in : ${collection}`)
    return names[0]
  }
  return undefined
}

interface Preparation { readonly restore: (() => void) | undefined, readonly init: () => void }

/** Compiles the restore op and the init op, so that an op without a kernel is found before anything is read. */
function prepare (meta: MetaGraph, graph: Graph, session: Session): Preparation {
  const assetFeeds = meta.assets.map(asset => asset.tensor)
  const assetValues = meta.assets.map(asset => stringTensor(join(session.folder, 'assets', asset.filename)))
  const prefix = join(session.folder, 'variables', 'variables')
  const hasVariables = meta.saver !== undefined && existsSync(`${prefix}.index`)
  const init = initOp(meta)
  const initProgram = init === undefined ? undefined : graph.compile(assetFeeds, [], [init])
  const restoreProgram = hasVariables ? graph.compile([meta.saver!.filenameTensor, ...assetFeeds], [], [meta.saver!.restoreOp]) : undefined
  return {
    restore: restoreProgram && (() => { restoreProgram.run([stringTensor(prefix), ...assetValues], session) }),
    init: () => { initProgram?.run(assetValues, session) }
  }
}

/** A model whose variables have no values would load and answer nothing but errors. */
function refuseUnrestored (session: Session): void {
  for (const resource of session.resources.values()) {
    if (resource instanceof Variable && resource.value === undefined) {
      throw new ModelError(NOT_FOUND, `Variable ${resource.name} has no value, and ${join(session.folder, 'variables', 'variables.index')} does not exist`)
    }
  }
}

interface Runnable {
  readonly signature: Signature
  /** Names of inputs and outputs in the program's order. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly defaults: ReadonlyMap<string, Tensor>
  readonly program: Program
  readonly narrowed: Map<string, Program>
}

function infoOf (signature: string, name: string, { tensor, dtype, shape }: TensorDef): TensorInfo {
  if (tensor === '') throw new ModelError(UNIMPLEMENTED, `${name} of signature ${signature} is a sparse or composite tensor`)
  if (dtype === undefined) throw new ModelError(INVALID_ARGUMENT, `${name} of signature ${signature} has no dtype`)
  return { dtype, shape }
}

/** Inputs in the order of their tensors' names, by which TensorFlow counts arguments in its messages. */
function runnable (name: string, def: SignatureDef, graph: Graph): Runnable {
  const inputs = [...def.inputs].sort(([, a], [, b]) => a.tensor < b.tensor ? -1 : a.tensor > b.tensor ? 1 : 0)
  const outputs = [...def.outputs]
  const infos = (entries: [string, TensorDef][]): [string, TensorInfo][] => entries.map(([key, tensor]) => [key, infoOf(name, key, tensor)])
  // What is checked is what the graph takes: TensorFlow's session knows nothing of the signature's dtypes, and some exports have them wrong.
  const fed = infos(inputs).map(([key, info]) => [key, { ...info, dtype: graph.fedDtype(def.inputs.get(key)!.tensor) ?? info.dtype }] as const)
  const signature: Signature = { name, methodName: def.methodName, inputs: new Map(fed), outputs: new Map(infos(outputs)) }
  const program = graph.compile(inputs.map(([, { tensor }]) => tensorName(tensor)), outputs.map(([, { tensor }]) => tensorName(tensor)), [])
  return { signature, inputs: inputs.map(([key]) => key), outputs: outputs.map(([key]) => key), defaults: def.defaults, program, narrowed: new Map() }
}

function narrow (found: Runnable, outputs: readonly string[]): Program {
  const key = JSON.stringify(outputs)
  let program = found.narrowed.get(key)
  if (program === undefined) {
    program = found.program.narrow(outputs.map(name => found.outputs.indexOf(name)))
    if (found.narrowed.size >= maxNarrowed) found.narrowed.clear()
    found.narrowed.set(key, program)
  }
  return program
}

function run (found: Runnable, session: Session, inputs: Tensors, outputs: readonly string[]): Tensors {
  const program = outputs.length === 0 ? found.program : narrow(found, outputs)
  const names = outputs.length === 0 ? found.outputs : outputs
  const values = program.run(found.inputs.map(name => inputs[name] ?? found.defaults.get(name)!), session)
  return Object.fromEntries(names.map((name, i) => {
    const value = values[i]
    if (!('data' in value)) throw new ModelError(INVALID_ARGUMENT, `Output ${name} is a ${value.dtype === 'DT_VARIANT' ? 'variant' : 'resource'}, which cannot be sent`)
    return [name, value]
  }))
}

/** Compiles and restores everything; keeps nothing of the files. */
function open (folder: string, session: Session): { signatures: ReadonlyMap<string, Runnable>, signatureDefMap: Uint8Array } {
  const meta = readMeta(folder)
  const signatures = new Map<string, Runnable>()
  try {
    const preparation = parse(join(folder, 'saved_model.pb'), () => {
      const graph = new Graph(meta.graph, allOps, session)
      for (const [name, def] of meta.signatures) if (name !== initSignature) signatures.set(name, runnable(name, def, graph))
      const prepared = prepare(meta, graph, session)
      graph.release()
      return prepared
    })
    preparation.restore?.()
    verifyBundles(session)
    preparation.init()
    if (preparation.restore === undefined) refuseUnrestored(session)
  } finally {
    closeBundles(session)
  }
  return { signatures, signatureDefMap: meta.signatureDefMap }
}

async function load (folder: string): Promise<LoadedModel> {
  const session: Session = { folder, resources: new Map() }
  const { signatures, signatureDefMap } = open(folder, session)
  return {
    signatures: new Map([...signatures].map(([name, { signature }]) => [name, signature])),
    defaults: new Map([...signatures].map(([name, { defaults }]) => [name, new Set(defaults.keys())])),
    signatureDefMap,
    run (name, inputs, outputs) {
      const found = signatures.get(name)
      if (found === undefined) throw new ModelError(FAILED_PRECONDITION, `Serving signature key "${name}" not found.`)
      return run(found, session, inputs, outputs)
    },
    dispose () { session.resources.clear() }
  }
}

export const savedModel: Format = {
  name: 'saved-model',
  detect: folder => existsSync(join(folder, 'saved_model.pb')),
  load
}
