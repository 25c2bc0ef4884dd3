// The registration's body: ids, addresses, meta within the agent's limits, oddities.
import t from 'tap'
import { oddities, registrationOf, type Advertised } from '../../src/consul/service.js'
import { modelEntry, stillEngine, versionEntry } from '../helpers/still-engine.js'

const advertised: Advertised = { serviceName: 'scorer', tags: ['a'], listening: { host: '10.0.0.5', port: 8501 }, version: '1.2.3', deregisterAfterMs: 900_000 }
const engine = stillEngine()

t.test('what is sent', async t => {
  const models = [modelEntry('m', [versionEntry(engine, 'm', 2n), versionEntry(engine, 'm', 1n, { state: 'draining' })]), modelEntry('none', [versionEntry(engine, 'none', 1n, { state: 'failed' })])]
  t.same(registrationOf({ ...advertised, meta: { team: 'x' } }, models), {
    ID: 'scorer-10.0.0.5-8501', Name: 'scorer', Tags: ['a'], Address: '10.0.0.5', Port: 8501,
    Meta: { version: '1.2.3', models: 'm', versions: 'm:2', protocols: 'evaluate,tensorflow-rest', scheme: 'http', metrics_path: '/metrics', team: 'x' },
    Check: { CheckID: 'scorer-10.0.0.5-8501:ready', Name: 'scorer is ready', HTTP: 'http://10.0.0.5:8501/health/ready', Interval: '5s', Timeout: '2s', DeregisterCriticalServiceAfter: '900s' }
  })
})

t.test('addresses', async t => {
  const wildcard = registrationOf({ ...advertised, listening: { host: '0.0.0.0', port: 1 } }, [])
  t.notOk('Address' in wildcard, 'the agent knows its address better than we do')
  t.equal(wildcard.Check.HTTP, 'http://127.0.0.1:1/health/ready')
  t.match(registrationOf({ ...advertised, advertiseAddress: '203.0.113.9', advertisePort: 80 }, []), { ID: 'scorer-203.0.113.9-80', Address: '203.0.113.9', Port: 80, Check: { HTTP: 'http://203.0.113.9:80/health/ready' } })
  t.equal(registrationOf({ ...advertised, listening: { host: '::1', port: 1 } }, []).Check.HTTP, 'http://[::1]:1/health/ready')
})

t.test('ids', async t => {
  t.match(registrationOf({ ...advertised, serviceId: 'mine' }, []), { ID: 'mine', Check: { CheckID: 'mine:ready' } })
  t.throws(() => registrationOf({ ...advertised, serviceId: '_nomad-task-x' }, []), { code: 'CONFIG_INVALID' })
})

t.test('meta stays within the limits of the agent', async t => {
  const models = Array.from({ length: 100 }, (_, i) => modelEntry(`model-${i}`, [versionEntry(engine, `model-${i}`, 1n)]))
  const { Meta } = registrationOf(advertised, models)
  for (const value of Object.values(Meta)) t.ok(value.length <= 512)
  t.match(Meta.models, /^model-0,model-1,.*,model-\d+,…$/)
  t.throws(() => registrationOf({ ...advertised, meta: Object.fromEntries(Array.from({ length: 61 }, (_, i) => [`k${i}`, ''])) }, []), { code: 'CONFIG_INVALID' })
})

t.test('oddities', async t => {
  t.same(oddities(registrationOf(advertised, [])), [])
  t.match(oddities(registrationOf({ ...advertised, serviceName: 'My_Service', listening: { host: '127.0.0.1', port: 1 } }, [])), [/DNS/, /advertise-address/])
})

t.test('over TLS, with metrics on a port of their own, in a namespace', async t => {
  const base = { serviceName: 's', tags: [], listening: { host: '127.0.0.1', port: 1 }, version: '1', deregisterAfterMs: 900_000, scheme: 'https' } as const
  const made = registrationOf({ ...base, metricsPort: 9100, namespace: 'team', partition: 'p' }, [])
  t.match(made, { Namespace: 'team', Partition: 'p', Meta: { scheme: 'https', metrics_port: '9100' }, Check: { HTTP: 'https://127.0.0.1:1/health/ready' } })
  t.notOk('TLSSkipVerify' in made.Check, 'the agent checks the certificate')
  t.match(registrationOf({ ...base, checkVerifies: false }, []).Check, { TLSSkipVerify: true })
})
