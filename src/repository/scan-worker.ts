// The thread that looks at the disk: answers one question after the other, and says of a look that is as the last one only that. Knows no repository.
import { serialize } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { fingerprint } from './fingerprint.js'
import type { ScanAnswer, ScanQuestion } from './scan-messages.js'
import { lookAt } from './scan.js'

let last = Buffer.alloc(0)

function answerTo (question: ScanQuestion): ScanAnswer {
  try {
    if ('fingerprints' in question) return { prints: question.fingerprints.map(fingerprint) }
    const found = lookAt(question.look)
    const bytes = serialize(found)
    if (bytes.equals(last)) return { found: undefined }
    last = bytes
    return { found }
  } catch (error) {
    // Else the next good look would say "as the last time", of which the asker has heard nothing since.
    last = Buffer.alloc(0)
    return { fault: (error as Error).message }
  }
}

parentPort!.on('message', (question: ScanQuestion) => { parentPort!.postMessage(answerTo(question)) })
