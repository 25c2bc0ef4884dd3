// The command `outrigger model-server`: the embedded model server as a process of its own.
import { setCollector } from '../collector.js'
import { runModelServer as run } from '../embedded/main.js'

export async function runModelServer (argv: readonly string[]): Promise<void> {
  setCollector()
  await run(argv)
}
