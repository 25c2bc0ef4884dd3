// A compiled signature or function: a flat list of steps over numbered slots. Running it is a loop; nothing is looked up by name.
import { ModelError } from '../formats/format.js'
import { FAILED_PRECONDITION, INTERNAL, RESOURCE_EXHAUSTED } from '../status.js'
import { Variable } from './variable.js'
import type { Kernel, Session, Value } from './kernel.js'

export interface Step {
  readonly node: string
  readonly op: string
  readonly kernel: Kernel
  /** Slots of the inputs. */
  readonly inputs: readonly number[]
  /** Positions among the inputs where a TF1 reference comes and its value is wanted. */
  readonly dereferenced: readonly number[]
  /** Slot of each output; -1 where nobody wants it. */
  readonly outputs: readonly number[]
  /** Steps that must have run before, besides those that make the inputs. */
  readonly after: readonly Step[]
}

interface Scheduled extends Step {
  /** Slots that no later step reads. */
  readonly frees: readonly number[]
}

export interface Layout {
  /** In an order in which every step comes after those that it needs. */
  readonly steps: readonly Step[]
  /** Steps that run though no fetch needs them. */
  readonly targets: readonly Step[]
  /** One element per slot: constants, and undefined where steps or feeds write. */
  readonly slots: readonly (Value | undefined)[]
  /** Slots of the inputs in their order; -1 where nothing reads the input. */
  readonly feeds: readonly number[]
  readonly fetches: readonly { readonly slot: number, readonly reference: boolean }[]
}

/** Errors that already say at which node they happened. */
const located = new WeakSet<Error>()

/** What a kernel threw as a ModelError that names the node, as TensorFlow prints it. */
function locate (error: unknown, { node, op }: Step): ModelError {
  if (error instanceof ModelError && located.has(error)) return error
  const where = `\n\t [[{{node ${node}}}]]`
  let found: ModelError
  if (error instanceof ModelError) found = new ModelError(error.status, error.message + where, { cause: error })
  else if (error instanceof RangeError && /allocation|array length|buffer|string length/i.test(error.message)) {
    found = new ModelError(RESOURCE_EXHAUSTED, `OOM in op ${op}: ${error.message}${where}`, { cause: error })
  } else found = new ModelError(INTERNAL, `op ${op} failed: ${error instanceof Error ? error.message : String(error)}${where}`, { cause: error })
  located.add(found)
  return found
}

/** The value behind a TF1 reference. */
function dereference (value: Value): Value {
  if (!('resource' in value) || !(value.resource instanceof Variable)) return value
  const { name, value: current } = value.resource
  if (current === undefined) throw new ModelError(FAILED_PRECONDITION, `Attempting to use uninitialized value ${name}`)
  return current
}

export class Program {
  readonly #layout: Layout
  readonly #steps: readonly Scheduled[]

  constructor (layout: Layout) {
    this.#layout = layout
    this.#steps = schedule(layout)
  }

  /** Runs all steps. `inputs` in the order of the feeds; the results in the order of the fetches. Throws a ModelError. */
  run (inputs: readonly Value[], session: Session): Value[] {
    const { feeds, fetches } = this.#layout
    const slots = this.#layout.slots.slice()
    for (let i = 0; i < feeds.length; i++) if (feeds[i] >= 0) slots[feeds[i]] = inputs[i]
    for (const step of this.#steps) {
      try {
        this.#step(step, slots, session)
      } catch (error) {
        throw locate(error, step)
      }
    }
    return fetches.map(({ slot, reference }) => reference ? dereference(slots[slot]!) : slots[slot]!)
  }

  #step (step: Scheduled, slots: (Value | undefined)[], session: Session): void {
    const { inputs, outputs, frees, dereferenced } = step
    const values = new Array<Value>(inputs.length)
    for (let i = 0; i < inputs.length; i++) values[i] = slots[inputs[i]]!
    for (const i of dereferenced) values[i] = dereference(values[i])
    const result = step.kernel(values, session)
    if (Array.isArray(result)) {
      for (let i = 0; i < outputs.length; i++) {
        if (outputs[i] < 0) continue
        if (result[i] === undefined) throw new ModelError(INTERNAL, `op ${step.op} gave ${result.length} outputs, output ${i} is needed`)
        slots[outputs[i]] = result[i] as Value
      }
    } else if (outputs.length > 0) {
      if (outputs.length > 1) throw new ModelError(INTERNAL, `op ${step.op} gave one output, output ${outputs.length - 1} is needed`)
      slots[outputs[0]] = result as Value
    }
    for (let i = 0; i < frees.length; i++) slots[frees[i]] = undefined
  }

  /** The same program for some of its fetches (by position), with only the steps that they need. Targets stay. */
  narrow (wanted: readonly number[]): Program {
    const { steps, targets, fetches } = this.#layout
    const makers = new Map<number, Step>()
    for (const step of steps) for (const slot of step.outputs) if (slot >= 0) makers.set(slot, step)
    const needed = new Set<Step>(targets)
    const open = [...targets]
    const need = (step: Step | undefined): void => {
      if (step === undefined || needed.has(step)) return
      needed.add(step)
      open.push(step)
    }
    const kept = wanted.map(i => fetches[i])
    for (const { slot } of kept) need(makers.get(slot))
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      for (const slot of step.inputs) need(makers.get(slot))
      for (const before of step.after) need(before)
    }
    return new Program({ ...this.#layout, steps: steps.filter(step => needed.has(step)), fetches: kept })
  }
}

/** Finds after which step each slot is no longer read. Constants stay. */
function schedule ({ steps, slots, fetches }: Layout): Scheduled[] {
  const kept = new Set(fetches.map(fetch => fetch.slot))
  const seen = new Set<number>()
  const scheduled: Scheduled[] = []
  for (const step of [...steps].reverse()) {
    const frees: number[] = []
    for (const slot of [...step.inputs, ...step.outputs]) {
      if (slot < 0 || seen.has(slot)) continue
      seen.add(slot)
      if (!kept.has(slot) && slots[slot] === undefined) frees.push(slot)
    }
    scheduled.push({ ...step, frees })
  }
  return scheduled.reverse()
}
