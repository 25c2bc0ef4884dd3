// Writes docs/embedded.md: what the embedded model server is, and every op that it runs. Knows no file.
import { allOps } from './formats/saved-model/index.js'

const intro = `# The embedded model server

Written from the code by \`npm run docs\`; a test holds the two together.

\`outrigger model-server\` speaks TensorFlow Serving's gRPC (PredictionService and ModelService) on a Unix socket and takes the flags of
\`tensorflow_model_server\` that make sense for it. \`outrigger serve\` starts it as its child where \`tensorflow_model_server\` is not found, or with
\`--engine embedded\`. It also runs on its own:

\`\`\`sh
node dist/cli.js model-server --help
node dist/cli.js model-server --grpc_socket_path=/tmp/models.sock --port=0 --model_name=half_plus_two --model_base_path="$PWD/models/half_plus_two"
\`\`\`

It loads SavedModels of TensorFlow 1 and 2. Variables are restored by the graph's own restore op; every block and every tensor of a checkpoint is checked against its
checksum, and a file with a flipped byte does not load. The graph runs in an interpreter whose kernels are plain TypeScript, in a worker thread per
version. The kernels follow TensorFlow's CPU kernels; \`scripts/record-op-cases.py\` records the answers of TensorFlow that the tests hold them to.

A graph that needs anything that is not listed here is refused when it is loaded, with \`UNIMPLEMENTED\` and the text \`op X (node Y)\`; it never gives a guessed
answer. So are attribute values and dtypes that a kernel does not cover (complex numbers, the layout NCHW, 3-D convolution).

Predict, Classify, Regress, GetModelMetadata, GetModelStatus and HandleReloadConfigRequest answer as TensorFlow Serving does, in its words. A version's
\`assets.extra/tf_serving_warmup_requests\` is run before it is AVAILABLE: predict, classify and regress records, and the tasks of multi-inference ones; one record that
fails, fails the load. What differs: records of predict-streamed calls are refused like those of sessions; a version's thread that had to be started anew is not warmed up
again; MultiInference is not implemented; a base path without a version is answered with an error where the real server never answers; a call that overruns its deadline by much ends
its model's thread, which starts anew, and nothing else; a list of models (HandleReloadConfigRequest) is decided upon at once and does not wait for the loads of the list
before, a load that no list wants any more is ended, and every model is served as soon as it has loaded itself; the Unix socket, made for one caller on the same machine,
takes no compressed messages, the TCP port does.

`

/** The whole page, ending in a newline. */
export function embeddedPage (): string {
  const names = [...allOps.keys()].sort()
  return `${intro}## The ${names.length} ops\n\n${names.map(name => `\`${name}\``).join(' ')}\n`
}
