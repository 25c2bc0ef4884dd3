// Who may call, by flags as on the command line; nothing is restricted without any.
import type { Test } from 'tap'
import { createAuth, type Auth } from '../../src/auth/auth.js'
import { loadConfig } from '../../src/config/load.js'
import { createMetrics, type Metrics } from '../../src/metrics.js'
import { pino } from 'pino'

export const stillMetrics = (): Metrics => createMetrics({ build: { version: '1', commit: null }, engines: () => [], models: () => [], processMetrics: false })

export async function authOf (t: Test, flags: readonly string[] = []): Promise<Auth> {
  const { config } = loadConfig(flags, {}, '/')
  const auth = await createAuth(() => config, { log: pino({ level: 'silent' }), metrics: stillMetrics() })
  t.teardown(async () => { await auth.close() })
  return auth
}
