// How long one unary call takes without any gateway: by the gateway's own gRPC client, one at a time. Knows no HTTP.
import { now as clock } from '../../src/clock.js'
import { openChannel } from '../../src/grpc/channel-http2.js'
import { writePredictRequest } from '../../src/tensor/proto/predict.js'
import { median } from './result.js'

const path = '/tensorflow.serving.PredictionService/Predict'

/** The middle of the times of `seconds` of calls, in milliseconds, after a tenth of that for warming up. */
export async function bareCallMs (socket: string, seconds: number): Promise<number> {
  const channel = openChannel(socket)
  const request = writePredictRequest({ model: { name: 'tiny', signatureName: '' }, inputs: { x: { dtype: 'DT_FLOAT', shape: [3], data: Float32Array.of(1, 2, 5) } }, outputFilter: [] })
  const times: number[] = []
  try {
    const begun = performance.now()
    const warm = begun + seconds * 100
    for (let at = begun; at < begun + seconds * 1000;) {
      await channel.unary(path, request, { deadline: clock() + 10_000 })
      const now = performance.now()
      if (at > warm) times.push(now - at)
      at = now
    }
    return median(times)
  } finally {
    channel.close()
  }
}
