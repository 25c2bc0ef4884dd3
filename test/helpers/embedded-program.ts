// How tests start the embedded model server: arguments for Node. The built one where the build is newer than every source; else from the TypeScript source, whose loading takes many times as long.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** When the newest file of a folder was written, in milliseconds since the epoch; -Infinity where there is none. */
function newest (folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((latest, entry) => entry.isFile() ? Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs) : latest, -Infinity)
  } catch {
    return -Infinity
  }
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export const embeddedProgram: readonly string[] = newest(path('../../dist')) > newest(path('../../src'))
  ? [path('../../dist/cli.js'), 'model-server']
  : [...process.execArgv, path('../embedded/fixtures/model-server.ts')]
