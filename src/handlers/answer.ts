// What `postprocess` returned → an answer ready to send, checked by the handler's `output` schema. Knows no HTTP.
import { writeJson } from '../tensor/evaluate/json.js'
import { ReturnFault } from './convert.js'
import { MediaAnswer } from './media.js'
import { isBytes, takesType, typesOf, type Schema } from './request-schema.js'
import { compileSchema } from './schema.js'
import type { HandlerAnswer } from './version-handler.js'

/** Makes answers for one handler; throws a ReturnFault that says what does not fit. */
export type AnswerWriter = (returned: unknown) => HandlerAnswer

/** A writer for the schema that a handler exports as `output`; without one, whatever can be written as JSON is. */
export function answerWriter (schema: Schema | undefined): AnswerWriter {
  const bytes = schema !== undefined && isBytes(schema)
  const checker = schema === undefined || bytes ? undefined : compileSchema(schema)
  return returned => {
    if (returned instanceof MediaAnswer) {
      const [type] = returned.mediaType.split(';')
      if (bytes && !takesType(typesOf(schema), type!.trim())) throw new ReturnFault(`postprocess answered ${type}, which its output schema does not name`)
      return { mediaType: returned.mediaType, body: returned.bytes }
    }
    if (returned === undefined) throw new ReturnFault('postprocess returned nothing')
    if (bytes) throw new ReturnFault('postprocess must return media(…), since its output schema is bytes')
    let text: string
    try {
      text = writeJson(returned)
    } catch (error) {
      throw new ReturnFault(`postprocess returned something that is no JSON: ${error instanceof TypeError ? error.message : 'it cannot be read'}`)
    }
    if (checker !== undefined && !checker.fits(returned)) {
      const written: unknown = JSON.parse(text)
      if (!checker.fits(written)) {
        const faults = checker.faults(written)
        throw new ReturnFault(`its answer does not fit its output schema: ${faults.map(({ pointer, detail }) => `${pointer === '' ? 'it' : pointer} ${detail}`).join('; ')}`)
      }
    }
    return { mediaType: 'application/json', body: Buffer.from(text) }
  }
}
