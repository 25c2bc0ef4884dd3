// Starts units in order and stops them in reverse, each stop with a limit of its own. Knows nothing of what the units are.

export interface Unit {
  readonly name: string
  start (): Promise<void>
  stop (): Promise<void>
  /** How long a stop may take before it is given up, in milliseconds. */
  readonly stopWithinMs: number
}

export interface StopFailure { readonly unit: string, readonly error: unknown }

/** Runs the units' starts in order; when one throws, stops those already started in reverse and throws that error. */
export async function startAll (units: readonly Unit[], onStopFailure: (failure: StopFailure) => void): Promise<void> {
  for (const [i, unit] of units.entries()) {
    try {
      await unit.start()
    } catch (error) {
      await stopAll(units.slice(0, i + 1), onStopFailure)
      throw error
    }
  }
}

/** Stops the units in reverse order. A unit that throws or takes too long is reported and passed over. */
export async function stopAll (units: readonly Unit[], onStopFailure: (failure: StopFailure) => void): Promise<void> {
  for (const unit of [...units].reverse()) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`did not stop within ${unit.stopWithinMs} ms`)), unit.stopWithinMs)
    })
    try {
      await Promise.race([unit.stop(), late])
    } catch (error) {
      onStopFailure({ unit: unit.name, error })
    } finally {
      clearTimeout(timer)
    }
  }
}
