// The list of formats that the embedded model server can load. A format is a folder here and a line in this list.
import { ModelError, type Format } from './format.js'
import { NOT_FOUND } from '../status.js'

/** Each is imported when a folder may hold it, so that nobody pays for formats that are not used. */
const formats: readonly (() => Promise<Format>)[] = [
  async () => (await import('./saved-model/index.js')).savedModel
]

/** The format of a version's folder. Throws ModelError(NOT_FOUND) in TensorFlow's words when there is none. */
export async function formatOf (folder: string): Promise<Format> {
  for (const open of formats) {
    const format = await open()
    if (format.detect(folder)) return format
  }
  throw new ModelError(NOT_FOUND, `Could not find SavedModel .pb or .pbtxt at supplied export directory path: ${folder}. Check that the directory exists and that you have the right permissions for accessing it.`)
}
