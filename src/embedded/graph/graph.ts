// A graph with its function library, ready to compile parts of it. Each function is compiled once and shared by its callers.
import type { DType } from '../../tensor/dtype.js'
import { ModelError } from '../formats/format.js'
import { INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED } from '../status.js'
import { compile, type Callable, type CompileContext } from './compile.js'
import { hasEffect } from './effects.js'
import { outputArgs } from './output-args.js'
import type { FunctionDef, GraphDef, NodeDef } from './graph-def.js'
import type { Op, Session } from './kernel.js'
import type { Program } from './program.js'

/** `node` → `node:0`, as TensorFlow names tensors. */
export const tensorName = (text: string): string => /:\d+$/.test(text) ? text : `${text}:0`

const byName = (nodes: readonly NodeDef[]): Map<string, NodeDef> => new Map(nodes.map(node => [node.name, node]))

/** `node:output:2` of a function's body → the endpoint with the output counted over all output arguments. */
function functionEndpoint (input: string, nodes: ReadonlyMap<string, NodeDef>): string {
  const parts = input.split(':')
  if (parts.length < 3) return tensorName(input)
  const [name, arg, index] = parts
  const node = nodes.get(name)
  const args = node === undefined ? undefined : outputArgs[node.op]
  if (node === undefined || args === undefined) return `${name}:${index}`
  let first = 0
  for (const output of args) {
    const spec: { name: string, number?: string, list?: string } = typeof output === 'string' ? { name: output } : output
    if (spec.name === arg) return `${name}:${first + Number(index)}`
    if (spec.number !== undefined) first += node.attrs.int(spec.number)
    else if (spec.list !== undefined) first += node.attrs.dtypes(spec.list, []).length
    else first++
  }
  throw new ModelError(INVALID_ARGUMENT, `op ${node.op} (node ${name}) has no output ${arg}`)
}

/** A variable inside a function that has no name to share gets one from the place where the function is called: not known here, so two could become one. */
function refusePrivateVariable (node: NodeDef): void {
  if ((node.op === 'VarHandleOp' || node.op === 'VariableV2') && node.attrs.string('shared_name', '') === '') {
    throw new ModelError(UNIMPLEMENTED, `op ${node.op} (node ${node.name}): a variable without a shared name inside a function`)
  }
}

export class Graph {
  readonly #nodes: ReadonlyMap<string, NodeDef>
  readonly #functions: ReadonlyMap<string, FunctionDef>
  readonly #context: CompileContext
  /** By function name; undefined while it is being compiled, which is how a function may call itself. */
  readonly #programs = new Map<string, Program | undefined>()

  constructor (def: GraphDef, ops: ReadonlyMap<string, Op>, session: Session) {
    this.#nodes = byName(def.nodes)
    this.#functions = def.functions
    this.#context = { ops, session, bindFunction: (name, node) => this.#bindFunction(name, node) }
  }

  /** Compiles the part of the main graph that gives `fetches` (tensor names) and runs `targets` (node names) when `feeds` are given. Throws a ModelError. */
  compile (feeds: readonly string[], fetches: readonly string[], targets: readonly string[]): Program {
    return compile({ nodes: this.#nodes, endpoint: tensorName, feeds: feeds.map(tensorName), fetches: fetches.map(tensorName), targets }, this.#context)
  }

  /** The dtype that a fed tensor must have: the placeholder's own, which a signature may get wrong. Undefined where the node is no placeholder. */
  fedDtype (tensor: string): DType | undefined {
    const node = this.#nodes.get(tensorName(tensor).replace(/:\d+$/, ''))
    return node !== undefined && /^Placeholder(V2|WithDefault)?$/.test(node.op) ? node.attrs.dtype('dtype') : undefined
  }

  /** Frees the graph's bytes when all is compiled; programs go on to work. */
  release (): void {
    for (const node of this.#nodes.values()) node.attrs.release()
    for (const { nodes } of this.#functions.values()) for (const node of nodes) node.attrs.release()
  }

  #bindFunction (name: string, node: string): Callable {
    const def = this.#functions.get(name)
    if (def === undefined) throw new ModelError(NOT_FOUND, `Function ${name} is not defined (node ${node})`)
    if (!this.#programs.has(name)) {
      this.#programs.set(name, undefined)
      this.#programs.set(name, this.#compileFunction(def))
    }
    let program = this.#programs.get(name)
    return (inputs, session) => {
      program ??= this.#programs.get(name)!
      if (inputs.length !== def.args.length) throw new ModelError(INVALID_ARGUMENT, `Function ${name} takes ${def.args.length} arguments, got ${inputs.length}`)
      return program.run(inputs, session)
    }
  }

  #compileFunction (def: FunctionDef): Program {
    const nodes = byName(def.nodes)
    for (const node of def.nodes) refusePrivateVariable(node)
    const endpoint = (input: string): string => functionEndpoint(input, nodes)
    const effects = def.nodes.filter(node => hasEffect(node.op)).map(node => node.name)
    return compile({
      nodes,
      endpoint,
      feeds: def.args.map(tensorName),
      fetches: def.results.map(endpoint),
      targets: [...new Set([...effects, ...def.controlResults])]
    }, this.#context)
  }
}
