#!/usr/bin/env node
// The program `outrigger`: picks the command and turns what it throws into a message and an exit code. Each command is imported only when it runs.
import { OutriggerError } from './errors.js'

interface Command { readonly summary: string, readonly run: (argv: string[]) => Promise<void> }

const commands: Readonly<Record<string, Command>> = {
  serve: { summary: 'serve the models of a repository over REST', run: async argv => { await (await import('./cli/serve.js')).runServe(argv) } },
  'model-server': { summary: 'the embedded model server on its own, on a gRPC socket', run: async argv => { await (await import('./cli/model-server.js')).runModelServer(argv) } },
  test: { summary: "run a model's examples and print where answers differ", run: async argv => { await (await import('./cli/test.js')).runTest(argv) } },
  warmup: { summary: "write a version's warm-up file from its examples, or check one", run: async argv => { await (await import('./cli/warmup.js')).runWarmup(argv) } },
  lock: { summary: 'pin the versions of a repository by checksum in models.lock, or check them', run: async argv => { await (await import('./cli/lock.js')).runLock(argv) } },
  config: { summary: 'print the effective configuration of serve, and where each value comes from', run: async argv => { await (await import('./cli/config.js')).runConfig(argv) } }
}

const help = `Usage: outrigger COMMAND [FLAGS]

Makes a TensorFlow model a microservice like any other.

Commands:
${Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`).join('\n')}

Examples:
  outrigger serve                                   the models in ./models, at http://127.0.0.1:8501
  outrigger serve --models /srv/models --port 9000
  outrigger serve --help                            every flag

Exit codes: 0 done, 1 failed while running, 2 wrong usage or configuration.
`

async function main (argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') { process.stdout.write(help); return }
  if (name === '--version' || name === '-v') { process.stdout.write(`${(await import('./build-info.js')).buildInfo.version}\n`); return }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new OutriggerError('CONFIG_INVALID', `${JSON.stringify(name)} is not a command; \`outrigger --help\` lists them`)
  await command.run(rest)
}

// Who reads our output may stop to: `outrigger config | head -3`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await main(process.argv.slice(2))
} catch (error) {
  const known = error instanceof OutriggerError
  process.stderr.write(known ? `outrigger: ${error.message.split('\n').join('\n           ')}\n` : `outrigger: ${(error as Error).stack ?? String(error)}\n`)
  process.exit(known && error.code === 'CONFIG_INVALID' ? 2 : 1)
}
