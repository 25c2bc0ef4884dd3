// Reads saved_model.pb: of its graphs the one for serving, with signatures, the names of restore and init ops, and assets. Field numbers from tensorflow/core/protobuf/saved_model.proto and meta_graph.proto.
import { findMetaGraph, readMapEntry, readSignature, readTensorInfo, type SignatureDef } from '../../../tensor/proto/saved-model.js'
import { DELIMITED, Reader, Writer } from '../../../tensor/proto/wire.js'
import { readGraphDef, type GraphDef } from '../../graph/graph-def.js'

export interface MetaGraph {
  readonly tags: readonly string[]
  readonly graph: GraphDef
  /** Undefined for a graph without variables. */
  readonly saver: { readonly filenameTensor: string, readonly restoreOp: string } | undefined
  /** Values of the collections of node names (or texts). */
  readonly collections: ReadonlyMap<string, readonly string[]>
  readonly signatures: ReadonlyMap<string, SignatureDef>
  /** Which tensor takes the path of which file of the folder assets. */
  readonly assets: readonly { readonly tensor: string, readonly filename: string }[]
  /** A serialized tensorflow.serving.SignatureDefMap: the signatures as they were written. */
  readonly signatureDefMap: Uint8Array
}

function readSaver (reader: Reader): MetaGraph['saver'] {
  let filenameTensor = ''
  let restoreOp = ''
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) filenameTensor = reader.string()
    else if (reader.field === 3 && reader.is(DELIMITED)) restoreOp = reader.string()
    else reader.skip()
  }
  return restoreOp === '' ? undefined : { filenameTensor, restoreOp }
}

function readAsset (reader: Reader): MetaGraph['assets'][number] {
  let tensor = ''
  let filename = ''
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) tensor = readTensorInfo(reader.sub()).tensor
    else if (reader.field === 2 && reader.is(DELIMITED)) filename = reader.string()
    else reader.skip()
  }
  return { tensor, filename }
}

/** Node names and texts of a CollectionDef; for a list of Any the packed messages' bytes. */
function readCollection (reader: Reader): { texts: string[], packed: Buffer[] } {
  const texts: string[] = []
  const packed: Buffer[] = []
  while (reader.next()) {
    const kind = reader.field
    if (!reader.is(DELIMITED) || (kind !== 1 && kind !== 2 && kind !== 5)) { reader.skip(); continue }
    const list = reader.sub()
    while (list.next()) {
      if (list.field !== 1 || !list.is(DELIMITED)) list.skip()
      else if (kind === 5) {
        const any = list.sub()
        while (any.next()) {
          if (any.field === 2 && any.is(DELIMITED)) packed.push(any.bytes())
          else any.skip()
        }
      } else texts.push(list.string())
    }
  }
  return { texts, packed }
}

function readMetaGraph (reader: Reader, tags: readonly string[]): MetaGraph {
  let graph: GraphDef = { nodes: [], functions: new Map() }
  let saver: MetaGraph['saver']
  const collections = new Map<string, readonly string[]>()
  const signatures = new Map<string, SignatureDef>()
  const assets: { tensor: string, filename: string }[] = []
  const oldAssets: { tensor: string, filename: string }[] = []
  const writer = new Writer()
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 2) graph = readGraphDef(reader.sub())
    else if (reader.field === 3) saver = readSaver(reader.sub())
    else if (reader.field === 4) {
      const [name, value] = readMapEntry(reader.sub())
      const { texts, packed } = readCollection(new Reader(value))
      collections.set(name, texts)
      if (name === 'saved_model_assets') oldAssets.push(...packed.map(bytes => readAsset(new Reader(bytes))))
    } else if (reader.field === 5) {
      const entry = reader.bytes()
      writer.bytes(1, entry)
      const [name, value] = readMapEntry(new Reader(entry))
      signatures.set(name, readSignature(new Reader(value)))
    } else if (reader.field === 6) assets.push(readAsset(reader.sub()))
    else reader.skip()
  }
  return { tags, graph, saver, collections, signatures, assets: assets.length > 0 ? assets : oldAssets, signatureDefMap: new Uint8Array(writer.finish()) }
}

/** The graph of a serialized SavedModel whose tags are exactly these, or undefined. The graph shares memory with the bytes. Throws a WireError. */
export function readSavedModel (bytes: Uint8Array, wanted: readonly string[]): MetaGraph | undefined {
  const meta = findMetaGraph(bytes, wanted)
  return meta === undefined ? undefined : readMetaGraph(meta, wanted)
}
