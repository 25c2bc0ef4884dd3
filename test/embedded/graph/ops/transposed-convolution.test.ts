// transposed-convolution: every case recorded from TensorFlow.
import t from 'tap'
import { runRecorded } from './recorded.js'

runRecorded(t, 'transposed-convolution')
