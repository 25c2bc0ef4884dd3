// `outrigger serve`: reads the configuration and hands it to the service.
import { setCollector } from '../collector.js'
import { loadConfig, type LoadedConfig } from '../config/load.js'
import { flagHelp } from './help.js'

const help = `Usage: outrigger serve [FLAGS]

Serves the models of a repository over REST, with a model server as a child on a private Unix socket.

Examples:
  outrigger serve                                                  the models in ./models
  outrigger serve --models /srv/models --host 0.0.0.0 --port 8501
  outrigger serve --model-name half_plus_two --model-base-path /srv/half_plus_two
  outrigger serve --model-config-file models.config --engine tensorflow
  outrigger serve --engine tensorflow --tensorflow-model-server /usr/bin/tensorflow_model_server

Every flag can stand in outrigger.yaml (request_timeout: 30s) or in the environment (OUTRIGGER_REQUEST_TIMEOUT=30s);
flags come first, then the environment, then the file. \`outrigger config\` shows what is in force.

Flags:
${flagHelp()}
`

export async function runServe (argv: string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) { process.stdout.write(help); return }
  const read = (): LoadedConfig => loadConfig(argv)
  const loaded = read()
  setCollector()
  const { serve } = await import('../serve.js')
  await serve(loaded, read)
}
