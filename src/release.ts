// Gives memory back at once that would else wait for the garbage collector. Knows nothing of what lay in it.
import { MessageChannel } from 'node:worker_threads'

/**
 * Below it little is gained, and it may lie in a memory that Node shares out, in pieces of less than this. What is larger weighs on the collector: some tens
 * of megabytes that nobody needs any more set off a full collection of the whole heap, and that takes longer than all the work on what lay in them.
 */
const worthReleasing = 32 * 1024

/** It leads nowhere, and so does what is transferred through it. */
const { port1: nowhere } = new MessageChannel()
nowhere.close()

/** Gives back all the memory that these bytes lie in, where they are many. It must be the caller's own, and nobody may look at it any more: views of it have no length afterwards. */
export function release ({ byteLength, buffer }: ArrayBufferView): void {
  if (byteLength >= worthReleasing) nowhere.postMessage(undefined, [buffer as ArrayBuffer])
}
