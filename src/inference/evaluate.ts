// One evaluation of a version: its handler, or the plain form where it has none, around the model. Routes and examples come this way. Knows no HTTP.
import { OutriggerError } from '../errors.js'
import { plainHandler } from '../handlers/plain.js'
import type { HandlerAnswer, HandlerCall } from '../handlers/version-handler.js'
import { using } from './lease.js'
import type { VersionEntry } from './registry.js'

/** Answers the call with exactly this version, which counts as used meanwhile. Rejects with the handler's or model's OutriggerError, naming model and version. */
export async function evaluate (entry: VersionEntry, call: HandlerCall): Promise<HandlerAnswer> {
  try {
    return await using(entry, async () => await (entry.handler ?? plainHandler(entry.signatures)).evaluate(call))
  } catch (error) {
    if (error instanceof OutriggerError) {
      error.model ??= entry.model
      error.version ??= entry.version
    }
    throw error
  }
}
