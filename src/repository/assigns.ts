// Which signatures of a SavedModel assign variables, so that their calls are never sent twice. Reads the graph's nodes and nothing else.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DELIMITED, Reader } from '../tensor/proto/wire.js'

/** Ops that change state which a later request sees. Source: the stateful ops of TensorFlow's op registry that take a reference or resource to write to. */
const assigning = /^(Assign(Add|Sub)?(VariableOp)?|(Resource)?(Scatter|Strided|Sparse)\w*(Assign|Update|Add|Sub|Mul|Div|Min|Max)|ResourceApply\w+|(Resource)?CountUpTo|LookupTable(Insert|Remove)(V2)?|(Queue|Stack)(Enqueue|Dequeue|Push|Pop)\w*|TensorArrayWrite\w*Shared)$/

interface Node { readonly op: string, readonly inputs: readonly string[], readonly functions: readonly string[] }
interface Graph { readonly nodes: Map<string, Node>, readonly functions: Map<string, readonly Node[]>, readonly outputs: Map<string, readonly string[]> }

/** Calls `on` with the sub-reader of each delimited field that it names. */
function each (reader: Reader, on: Readonly<Record<number, (sub: Reader) => void>>): void {
  while (reader.next()) {
    const take = reader.is(DELIMITED) ? on[reader.field] : undefined
    if (take === undefined) reader.skip()
    else take(reader.sub())
  }
}

const text = (reader: Reader): string => reader.source.toString('utf8', reader.position, reader.end)

/** Names of functions in an AttrValue: `func` (field 10) or `list.func` (1.9), each a NameAttrList whose name is field 1. */
function functionsOf (attr: Reader, into: string[]): void {
  const named = (list: Reader): void => each(list, { 1: name => into.push(text(name)) })
  each(attr, { 10: named, 1: list => each(list, { 9: named }) })
}

/** NodeDef: name 1, op 2, input 3, attr 5 (map entry: key 1, value 2). */
function readNode (reader: Reader): Node & { name: string } {
  const node = { name: '', op: '', inputs: [] as string[], functions: [] as string[] }
  each(reader, {
    1: sub => { node.name = text(sub) },
    2: sub => { node.op = text(sub) },
    3: sub => { node.inputs.push(text(sub).replace(/^\^|:.*$/g, '')) },
    5: entry => each(entry, { 2: value => functionsOf(value, node.functions) })
  })
  return node
}

/** SavedModel.meta_graphs (2): graph_def 2 (node 1, library 2: function 1 with signature 1 and node_def 3), signature_def 5 (entry: key 1, value 2 with outputs 2: TensorInfo.name 1). */
function readGraph (bytes: Uint8Array): Graph {
  const graph: Graph = { nodes: new Map(), functions: new Map(), outputs: new Map() }
  const addNode = (sub: Reader): void => { const node = readNode(sub); graph.nodes.set(node.name, node) }
  const addFunction = (sub: Reader): void => {
    let name = ''
    const nodes: Node[] = []
    each(sub, { 1: signature => each(signature, { 1: value => { name = text(value) } }), 3: node => nodes.push(readNode(node)) })
    graph.functions.set(name, nodes)
  }
  const addSignature = (entry: Reader): void => {
    let key = ''
    const outputs: string[] = []
    const addOutput = (info: Reader): void => each(info, { 1: name => outputs.push(text(name).replace(/:.*$/, '')) })
    each(entry, { 1: name => { key = text(name) }, 2: def => each(def, { 2: output => each(output, { 2: addOutput }) }) })
    graph.outputs.set(key, outputs)
  }
  each(new Reader(bytes), {
    2: meta => each(meta, { 2: def => each(def, { 1: addNode, 2: library => each(library, { 1: addFunction }) }), 5: addSignature })
  })
  return graph
}

function assignsFrom (graph: Graph, starts: readonly string[]): boolean {
  const seen = new Set<string>()
  const seenFunctions = new Set<string>()
  const pending: Node[] = []
  const visit = (name: string): void => {
    const node = seen.has(name) ? undefined : graph.nodes.get(name)
    seen.add(name)
    if (node !== undefined) pending.push(node)
  }
  starts.forEach(visit)
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (assigning.test(node.op)) return true
    // A node may call a function by an attribute, or (in older graphs) by having its name as op.
    for (const name of [...node.functions, node.op]) {
      if (seenFunctions.has(name)) continue
      seenFunctions.add(name)
      // A body counts as a whole; its nodes' inputs are names of its own.
      for (const inner of graph.functions.get(name) ?? []) pending.push({ ...inner, inputs: [] })
    }
    node.inputs.forEach(visit)
  }
  return false
}

/**
 * Names of the signatures whose graph writes to variables, tables or queues. A file that cannot be read as a SavedModel gives every
 * signature the benefit of the doubt: its load fails in the model server, which says why.
 */
export async function assigningSignatures (folder: string): Promise<ReadonlySet<string>> {
  try {
    const graph = readGraph(await readFile(join(folder, 'saved_model.pb')))
    return new Set([...graph.outputs].filter(([, outputs]) => assignsFrom(graph, outputs)).map(([name]) => name))
  } catch {
    return new Set()
  }
}
