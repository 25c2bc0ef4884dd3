// table: every case recorded from TensorFlow; text files come from the assets of a version's folder.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runRecorded } from './recorded.js'

runRecorded(t, 'table', { folder: fileURLToPath(new URL('../../../fixtures/ops/version', import.meta.url)) })
