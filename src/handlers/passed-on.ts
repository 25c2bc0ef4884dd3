// Whose fault a value is that does not fit its dtype: the handler's, or the caller's, where the handler only passed on what stood in the request. Knows no handler.
import { OutriggerError } from '../errors.js'
import { pointerStep } from '../tensor/evaluate/nested.js'
import type { ReturnFault } from './convert.js'

const below = (value: unknown, pointer: string): unknown => pointer.split('/').slice(1)
  .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  .reduce<unknown>((at, step) => typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : undefined, value)

/** HANDLER_INPUT when the very value stands in the request under the input's name: in the same place, or alone where the handler made a list of it. Undefined when that cannot be told. */
export function callersFault ({ at }: ReturnFault, request: unknown, returned: unknown): OutriggerError | undefined {
  if (at === undefined) return undefined
  const { name, place: { pointer, detail } } = at
  const step = pointerStep(name)
  const spoilt = below(returned, step + pointer)
  if (spoilt === undefined) return undefined
  const found = [step + pointer, step].find(path => Object.is(below(request, path), spoilt))
  return found === undefined ? undefined : new OutriggerError('HANDLER_INPUT', `The value at ${found} ${detail}`, { errors: [{ pointer: found, detail }] })
}
