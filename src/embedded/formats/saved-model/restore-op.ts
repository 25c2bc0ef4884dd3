// RestoreV2: the op by which a graph reads its own variables from its checkpoint. Checkpoints stay open while the version loads.
import { resolve, sep } from 'node:path'
import { ModelError } from '../format.js'
import { INVALID_ARGUMENT, PERMISSION_DENIED } from '../../status.js'
import { Bundle } from './bundle.js'
import { parseShapeAndSlice, type SliceSpec } from './tensor-slice.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { OpFamily, Session, Value } from '../../graph/kernel.js'

/** Checkpoints that were opened for a session, by prefix. */
const opened = new WeakMap<Session, Map<string, Bundle>>()

function bundleOf (session: Session, prefix: string): Bundle {
  const root = resolve(session.folder)
  if (!resolve(prefix).startsWith(root + sep)) throw new ModelError(PERMISSION_DENIED, `The graph reads the checkpoint ${prefix}, which is outside of its folder`)
  let bundles = opened.get(session)
  if (bundles === undefined) opened.set(session, bundles = new Map())
  let bundle = bundles.get(prefix)
  if (bundle === undefined) bundles.set(prefix, bundle = new Bundle(prefix))
  return bundle
}

/** Checks what the graph did not read of its checkpoints. Throws a ModelError. */
export function verifyBundles (session: Session): void {
  for (const bundle of opened.get(session)?.values() ?? []) bundle.verify()
}

/** Closes and forgets the session's checkpoints. */
export function closeBundles (session: Session): void {
  for (const bundle of opened.get(session)?.values() ?? []) bundle.close()
  opened.delete(session)
}

function texts (value: Value, what: string): string[] {
  if (!('data' in value) || value.dtype !== 'DT_STRING') throw new ModelError(INVALID_ARGUMENT, `${what} must be a string tensor`)
  return (value as Tensor & { data: readonly Uint8Array[] }).data.map(bytes => Buffer.from(bytes).toString())
}

function specOf (text: string): SliceSpec | undefined {
  try {
    return parseShapeAndSlice(text)
  } catch (cause) {
    throw new ModelError(INVALID_ARGUMENT, (cause as Error).message, { cause })
  }
}

export const restoreOps: OpFamily = {
  RestoreV2: node => {
    const dtypes = node.attrs.dtypes('dtypes')
    return ([prefix, names, slices], session) => {
      const [path] = texts(prefix, 'prefix')
      const keys = texts(names, 'tensor_names')
      const specs = texts(slices, 'shape_and_slices')
      if (path === undefined || keys.length !== dtypes.length || specs.length !== dtypes.length) {
        throw new ModelError(INVALID_ARGUMENT, `Got ${keys.length} tensor names and ${specs.length} slices for ${dtypes.length} outputs`)
      }
      const bundle = bundleOf(session, path)
      return keys.map((key, i) => bundle.read(key, dtypes[i], specOf(specs[i])))
    }
  }
}
