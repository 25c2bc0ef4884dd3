// A TensorFlow graph as it is written: nodes by name, library functions. Reads GraphDef; knows no op. Field numbers from graph.proto, node_def.proto, function.proto, op_def.proto in tensorflow/core/framework.
import { DELIMITED, type Reader } from '../../tensor/proto/wire.js'
import { readMapEntry } from '../../tensor/proto/saved-model.js'
import { NodeAttributes } from './attributes.js'

export interface NodeDef {
  readonly name: string
  readonly op: string
  /** `node`, `node:1` or `^node` in a graph; `argument`, `node:output:1` or `^node` in a function. Control inputs last. */
  readonly inputs: readonly string[]
  readonly attrs: NodeAttributes
}

export interface FunctionDef {
  readonly name: string
  /** Names of the arguments in order. */
  readonly args: readonly string[]
  /** What each result is, in order: `node:output:0` or an argument. */
  readonly results: readonly string[]
  /** Nodes that run even when no result needs them. */
  readonly controlResults: readonly string[]
  readonly nodes: readonly NodeDef[]
}

export interface GraphDef {
  readonly nodes: readonly NodeDef[]
  readonly functions: ReadonlyMap<string, FunctionDef>
}

function readNode (reader: Reader): NodeDef {
  let name = ''
  let op = ''
  const inputs: string[] = []
  const attrs = new Map<string, Uint8Array>()
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1) name = reader.string()
    else if (reader.field === 2) op = reader.string()
    else if (reader.field === 3) inputs.push(reader.string())
    else if (reader.field === 5) attrs.set(...readMapEntry(reader.sub()))
    else reader.skip()
  }
  return { name, op, inputs, attrs: new NodeAttributes(name, attrs) }
}

/** The name of an ArgDef. */
function readArgument (reader: Reader): string {
  let name = ''
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) name = reader.string()
    else reader.skip()
  }
  return name
}

function readFunction (reader: Reader): FunctionDef {
  let name = ''
  const args: string[] = []
  const resultNames: string[] = []
  const nodes: NodeDef[] = []
  const ret = new Map<string, string>()
  const controlResults: string[] = []
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1) {
      const signature = reader.sub()
      while (signature.next()) {
        if (!signature.is(DELIMITED)) signature.skip()
        else if (signature.field === 1) name = signature.string()
        else if (signature.field === 2) args.push(readArgument(signature.sub()))
        else if (signature.field === 3) resultNames.push(readArgument(signature.sub()))
        else signature.skip()
      }
    } else if (reader.field === 3) nodes.push(readNode(reader.sub()))
    else if (reader.field === 4) {
      const [result, source] = readMapEntry(reader.sub())
      ret.set(result, source.toString())
    } else if (reader.field === 6) controlResults.push(readMapEntry(reader.sub())[1].toString())
    else reader.skip()
  }
  return { name, args, results: resultNames.map(result => ret.get(result) ?? ''), controlResults, nodes }
}

/** Reads a serialized GraphDef. Attribute values share memory with its bytes. Throws a WireError. */
export function readGraphDef (reader: Reader): GraphDef {
  const nodes: NodeDef[] = []
  const functions = new Map<string, FunctionDef>()
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) nodes.push(readNode(reader.sub()))
    else if (reader.field === 2 && reader.is(DELIMITED)) {
      const library = reader.sub()
      while (library.next()) {
        if (library.field === 1 && library.is(DELIMITED)) {
          const found = readFunction(library.sub())
          functions.set(found.name, found)
        } else library.skip()
      }
    } else reader.skip()
  }
  return { nodes, functions }
}
