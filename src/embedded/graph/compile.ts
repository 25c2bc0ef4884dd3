// Turns the part of a graph that some fetches and targets need into a program: prune, order, bind every op, compute constants once. Refuses what it cannot run.
import { ModelError } from '../formats/format.js'
import { INVALID_ARGUMENT, UNIMPLEMENTED } from '../status.js'
import { givesReference, isPure, isSessionHandle, takesReference } from './effects.js'
import { isFusedRelu, withoutNaN, type Neighbourhood } from './fusion.js'
import { Program, type Step } from './program.js'
import type { NodeDef } from './graph-def.js'
import type { BoundNode, Kernel, Op, Session, Value } from './kernel.js'

export type Callable = (inputs: readonly Value[], session: Session) => readonly Value[]

export interface CompileContext {
  readonly ops: ReadonlyMap<string, Op>
  readonly session: Session
  /** A library function made callable; `node` is who calls it. Throws a ModelError for an unknown one. */
  readonly bindFunction: (name: string, node: string) => Callable
}

export interface CompileRequest {
  readonly nodes: ReadonlyMap<string, NodeDef>
  /** The endpoint (`node:0`) that an input text names; control inputs are not asked for. */
  readonly endpoint: (input: string) => string
  /** Endpoints that the caller gives, in order. What only they need is left out. */
  readonly feeds: readonly string[]
  readonly fetches: readonly string[]
  /** Nodes that must run. */
  readonly targets: readonly string[]
}

const nodeOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'))
const outputOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))

/** What a node needs: endpoints that are not fed, and nodes by control inputs. */
interface Needs { readonly node: NodeDef, readonly inputs: readonly string[], readonly controls: readonly string[] }

/** Needed nodes, each after those it needs, otherwise in the order in which they are named. Throws INVALID_ARGUMENT for a loop or a name that is not there. */
function order (request: CompileRequest, fed: ReadonlySet<string>): Map<string, Needs> {
  const fedNodes = new Set([...fed].map(nodeOf))
  const ordered = new Map<string, Needs>()
  const open = new Set<string>()
  const needsOf = (name: string, wantedBy: string): Needs => {
    const node = request.nodes.get(name)
    if (node === undefined) throw new ModelError(INVALID_ARGUMENT, `The graph has no node ${name}, which ${wantedBy} needs`)
    const inputs = node.inputs.filter(input => !input.startsWith('^')).map(request.endpoint)
    const controls = node.inputs.filter(input => input.startsWith('^')).map(input => input.slice(1)).filter(control => !fedNodes.has(control))
    return { node, inputs, controls }
  }
  const visit = (root: string, wantedBy: string): void => {
    const stack: { name: string, needs: Needs, waiting: string[] }[] = []
    const enter = (name: string, by: string): void => {
      if (ordered.has(name)) return
      if (open.has(name)) throw new ModelError(INVALID_ARGUMENT, `The graph has a loop through node ${name}`)
      open.add(name)
      const needs = needsOf(name, by)
      const waiting = [...needs.controls, ...needs.inputs.filter(input => !fed.has(input)).map(nodeOf)].reverse()
      stack.push({ name, needs, waiting })
    }
    enter(root, wantedBy)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.waiting.pop()
      if (next !== undefined) { enter(next, top.name); continue }
      stack.pop()
      open.delete(top.name)
      ordered.set(top.name, top.needs)
    }
  }
  for (const target of request.targets) if (!fedNodes.has(target)) visit(target, 'the graph')
  for (const fetch of request.fetches) if (!fed.has(fetch)) visit(nodeOf(fetch), 'a fetch')
  return ordered
}

const isRef = (nodes: ReadonlyMap<string, NodeDef>, endpoint: string): boolean =>
  endpoint.endsWith(':0') && givesReference(nodes.get(nodeOf(endpoint))?.op ?? '')

function bind (node: NodeDef, op: Op, inputCount: number, context: CompileContext): Kernel {
  const bound: BoundNode = {
    name: node.name,
    op: node.op,
    attrs: node.attrs,
    inputCount,
    bindFunction: name => context.bindFunction(name, node.name),
    unimplemented: detail => { throw new ModelError(UNIMPLEMENTED, `op ${node.op} (node ${node.name}): ${detail}`) }
  }
  return op(bound)
}

/**
 * Compiles. Throws ModelError: UNIMPLEMENTED `op X (node Y)` for the first needed node whose op has no kernel, INVALID_ARGUMENT for a graph that is not one.
 * Nothing of the graph but constants stays in the program.
 */
export function compile (request: CompileRequest, context: CompileContext): Program {
  const fed = new Set(request.feeds)
  const ordered = order(request, fed)
  for (const { node } of ordered.values()) {
    if (!context.ops.has(node.op)) throw new ModelError(UNIMPLEMENTED, `op ${node.op} (node ${node.name})`)
  }

  const slots: (Value | undefined)[] = []
  const slotOf = new Map<string, number>()
  const constants = new Map<string, Value>()
  const slot = (endpoint: string): number => {
    let found = slotOf.get(endpoint)
    if (found === undefined) {
      found = slots.length
      slots.push(fed.has(endpoint) ? undefined : constants.get(endpoint))
      slotOf.set(endpoint, found)
    }
    return found
  }

  // Which outputs of each node somebody reads.
  const wanted = new Map<string, Set<number>>()
  const want = (endpoint: string): void => {
    if (fed.has(endpoint)) return
    const outputs = wanted.get(nodeOf(endpoint)) ?? new Set()
    wanted.set(nodeOf(endpoint), outputs.add(outputOf(endpoint)))
  }
  for (const { inputs } of ordered.values()) inputs.forEach(want)
  request.fetches.forEach(want)

  const around = neighbourhood(request, ordered, fed)
  const steps = new Map<string, Step>()
  /** Of nodes that became constants: the steps that were to run before them. */
  const before = new Map<string, Step[]>()
  for (const [name, { node, inputs, controls }] of ordered) {
    const after = [
      ...controls.flatMap(control => steps.get(control) ?? before.get(control) ?? []),
      ...inputs.flatMap(input => fed.has(input) ? [] : before.get(nodeOf(input)) ?? [])
    ]
    const op = context.ops.get(node.op)!
    const kernel = bind(node, isFusedRelu(node, around) ? withoutNaN(op) : op, inputs.length, context)
    const outputs = wanted.get(name) ?? new Set<number>()
    const known = inputs.map(input => fed.has(input) ? undefined : constants.get(input))
    const foldable = isPure(node.op) && known.every(value => value !== undefined && 'data' in value)
    if (foldable || isSessionHandle(node)) {
      const result = attempt(kernel, known as Value[], context.session)
      if (result !== undefined && [...outputs].every(output => result[output] !== undefined)) {
        for (const output of outputs) constants.set(`${name}:${output}`, result[output])
        if (after.length > 0) before.set(name, after)
        continue
      }
    }
    const reads = inputs.map((input, i) => !fed.has(input) && isRef(request.nodes, input) && !(i === 0 && takesReference(node.op)) ? i : -1)
    steps.set(name, {
      node: name,
      op: node.op,
      kernel,
      inputs: inputs.map(slot),
      dereferenced: reads.filter(i => i >= 0),
      outputs: Array.from({ length: Math.max(-1, ...outputs) + 1 }, (_, i) => outputs.has(i) ? slot(`${name}:${i}`) : -1),
      after
    })
  }
  const fetches = request.fetches.map(fetch => ({ slot: slot(fetch), reference: !fed.has(fetch) && isRef(request.nodes, fetch) }))
  return new Program({
    steps: [...steps.values()],
    targets: request.targets.flatMap(target => steps.get(target) ?? []),
    slots,
    feeds: request.feeds.map(feed => slotOf.get(feed) ?? -1),
    fetches
  })
}

/** Who makes and who reads the nodes' outputs, for patterns of several nodes. */
function neighbourhood (request: CompileRequest, ordered: ReadonlyMap<string, Needs>, fed: ReadonlySet<string>): Neighbourhood {
  const readers = new Map<string, number>()
  const count = (name: string, by: number): void => { readers.set(name, (readers.get(name) ?? 0) + by) }
  for (const { inputs, controls } of ordered.values()) {
    for (const input of inputs) if (!fed.has(input)) count(nodeOf(input), 1)
    for (const control of controls) count(control, 2)
  }
  for (const fetch of request.fetches) count(nodeOf(fetch), 2)
  return {
    maker: node => {
      const [input] = ordered.get(node.name)?.inputs ?? []
      return input === undefined || fed.has(input) ? undefined : ordered.get(nodeOf(input))?.node
    },
    private: node => readers.get(node.name) === 1 && ordered.get(node.name)!.controls.length === 0
  }
}

/** Runs a kernel at load. undefined where it throws: then it shall throw when it is called for. */
function attempt (kernel: Kernel, inputs: readonly Value[], session: Session): readonly Value[] | undefined {
  try {
    const result = kernel(inputs, session)
    return Array.isArray(result) ? result as readonly Value[] : [result as Value]
  } catch {
    return undefined
  }
}
