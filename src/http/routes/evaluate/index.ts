// POST /evaluate and /models/{model}[/versions/{v}|/labels/{l}]/evaluate: a request through the version's handler and model, or by the plain form where it has none.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { now } from '../../../clock.js'
import { OutriggerError } from '../../../errors.js'
import { chooseSignature } from '../../../handlers/plain.js'
import type { StageTimer } from '../../../handlers/version-handler.js'
import { evaluate as evaluateVersion } from '../../../inference/evaluate.js'
import { beginUse } from '../../../inference/lease.js'
import type { ModelEntry, VersionEntry } from '../../../inference/registry.js'
import { ArrivingInputs } from '../../../tensor/evaluate/scan.js'
import { availableVersion, type TargetParams } from '../../model-target.js'
import { answerLarge, printOutputs } from '../../large-answer.js'
import { sendBytes } from '../../send-bytes.js'
import type { BodyScan } from '../../plugins/raw-body.js'
import type { Service } from '../../service.js'
import { isPlainJson, largeForm, readBody } from './body.js'

export interface EvaluateOptions { readonly service: Pick<Service, 'registry' | 'predict' | 'large' | 'aside' | 'metrics' | 'phase'> }

/** `?signature=` first, then the header outrigger-signature; '' for the default one. */
function signatureOf (request: FastifyRequest): string {
  const { signature } = request.query as { signature?: unknown }
  if (signature !== undefined && typeof signature !== 'string') throw new OutriggerError('REQUEST_INVALID', 'The query gives more than one signature')
  const header = request.headers['outrigger-signature']
  return signature ?? (typeof header === 'string' ? header : '')
}

function timer (service: EvaluateOptions['service'], { model, version }: VersionEntry): StageTimer {
  return async (stage, work) => {
    const start = performance.now()
    try {
      return await work()
    } finally {
      service.metrics.stage(stage, model, version.toString(), (performance.now() - start) / 1000)
    }
  }
}

/** Whether nobody but ourselves gets to see the body. */
const readsPlainly = ({ handler }: VersionEntry): boolean => handler?.description.preprocess !== true

/** For bodies that are read once they are whole. */
const unread: BodyScan = { look: () => false }

/** Traces go on into the model server. */
const metadataOf = ({ headers }: FastifyRequest): Record<string, string> | undefined =>
  typeof headers.traceparent === 'string' && /^[\da-f-]{55}$/.test(headers.traceparent) ? { traceparent: headers.traceparent } : undefined

export default async function evaluate (app: FastifyInstance, { service }: EvaluateOptions): Promise<void> {
  // Before the body is read: one that is too large is counted here as well.
  app.addHook('onRequest', (request, _reply, done) => {
    request.outcome.api = 'evaluate'
    done()
  })

  /** Where no preprocess is to have a large body, its memory is given back; one of numbers in JSON is read while it arrives. */
  function scanBody (request: FastifyRequest, announcedBytes: number): BodyScan | undefined {
    try {
      const { version: entry } = availableVersion(service, request.params as TargetParams)
      if (!readsPlainly(entry)) return undefined
      return isPlainJson(request) ? new ArrivingInputs(announcedBytes, chooseSignature(entry.signatures, signatureOf(request))) : unread
    } catch {
      // What is wrong with the request is told once the body is there.
      return undefined
    }
  }

  async function answer (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { outcome } = request
    const params = request.params as TargetParams
    outcome.model = params.model !== undefined && service.registry.get(params.model) === undefined ? undefined : params.model
    const { model, version: entry } = availableVersion(service, params)
    // From here on the version is not unloaded, also while the body is read.
    const end = beginUse(entry)
    try {
      return await evaluateOn(request, reply, model, entry)
    } finally {
      end()
    }
  }

  async function evaluateOn (request: FastifyRequest, reply: FastifyReply, model: ModelEntry, entry: VersionEntry): Promise<FastifyReply> {
    const { outcome } = request
    outcome.model = model.name
    const signature = chooseSignature(entry.signatures, signatureOf(request)).name
    const deadline = model.timeoutMs === undefined ? request.deadline : Math.min(request.deadline, now() + model.timeoutMs)
    const signal = request.callerSignal
    const metadata = metadataOf(request)
    const limits = { deadline, signal, ...(metadata === undefined ? {} : { metadata }) }
    const given = await readBody(request)
    const large = entry.handler === undefined ? largeForm(given, chooseSignature(entry.signatures, signature)) : undefined
    if (large !== undefined) {
      request.takeBody()
      const text = await answerLarge(service, { body: given.body, entry, as: large, refuse: () => {}, stage: timer(service, entry) }, limits)
      outcome.version = entry.version
      return await sendBytes(reply.header('content-type', 'application/json'), text)
    }
    const { mediaType, body } = await evaluateVersion(entry, {
      request: given,
      signature,
      requestId: String(request.id),
      deadline,
      signal,
      predict: async inputs => {
        if (readsPlainly(entry)) request.freeBody(inputs)
        const outputs = await service.predict(entry, inputs, { signature, ...limits })
        outcome.version = entry.version
        if (readsPlainly(entry)) request.freeTensors(inputs)
        return outputs
      },
      predictModel: async (name, inputs, limits) => {
        const { version: other } = availableVersion(service, { model: name })
        return await service.predict(other, inputs, { ...limits, signature: chooseSignature(other.signatures, '').name })
      },
      stage: timer(service, entry),
      print: (outputs, plain, usual) => printOutputs(service, { api: 'evaluate', plain }, outputs, limits, usual)
    })
    return await sendBytes(reply.header('content-type', mediaType), Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  }

  const paths = ['/evaluate', '/models/:model/evaluate', '/models/:model/versions/:version/evaluate', '/models/:model/labels/:label/evaluate']
  for (const path of paths) app.post(path, { config: { scanBody } }, answer)
}
