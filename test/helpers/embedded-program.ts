// How tests start the embedded model server from its TypeScript source: arguments for Node.
import { fileURLToPath } from 'node:url'

export const embeddedProgram: readonly string[] = [...process.execArgv, fileURLToPath(new URL('../embedded/fixtures/model-server.ts', import.meta.url))]
