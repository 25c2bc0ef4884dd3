// How the examples of a version reach the other models of the service: a handler may ask one that is still on its way. Knows no HTTP.
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { chooseSignature } from '../handlers/plain.js'
import type { PredictModel } from '../handlers/version-handler.js'
import { predict } from '../inference/predict.js'
import type { Registry } from '../inference/registry.js'

const lookEveryMs = 50

/** Asks the newest version of a model; one that is loading is waited for until the deadline. */
export function predictModelOf (registry: Registry): PredictModel {
  return async (model, inputs, { deadline, signal }) => {
    for (;;) {
      try {
        const entry = registry.resolve(model)
        return await predict(entry, inputs, { signature: chooseSignature(entry.signatures, '').name, deadline, signal })
      } catch (error) {
        if (!(error instanceof OutriggerError && error.code === 'MODEL_NOT_READY') || now() + lookEveryMs > deadline) throw error
        await sleep(lookEveryMs, undefined, { signal })
      }
    }
  }
}
