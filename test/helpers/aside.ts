// What a service of a test does large bodies with: the same work without a thread, the model's function of tensors behind bytes. No tests here.
import { doneOf } from '../../src/aside/threads.js'
import type { Task } from '../../src/aside/messages.js'
import { work } from '../../src/aside/work.js'
import type { Service } from '../../src/http/service.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'

export const asideOf = (predict: Service['predict']): Pick<Service, 'aside' | 'large'> => ({
  aside: { run: async <T extends Task> (task: T) => doneOf<T>(work(task)) },
  large: {
    rowsPerCall: () => new Map(),
    call: async (entry, { path, messages }, options) => {
      if (path !== undefined) return [await entry.engine.call(path, messages[0]!, { ...options, resend: false })]
      const { model, inputs } = readPredictRequest(messages[0]!)
      return [writePredictResponse({ model, outputs: await predict(entry, inputs, options) })]
    }
  }
})
