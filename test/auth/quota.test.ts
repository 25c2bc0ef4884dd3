import t from 'tap'
import { createQuota, quotaKey, type QuotaSettings } from '../../src/auth/quota.js'

t.test('a caller has its requests at once, then one by one', async t => {
  let now = 1e12
  const quota = createQuota(() => ({ requests: 10, windowMs: 60_000 }), () => now)
  for (let left = 9; left >= 0; left--) t.match(quota.take('a'), { allowed: true, remaining: left, retryAfterMs: 0 })
  t.match(quota.take('a'), { allowed: false, remaining: 0, retryAfterMs: 6000, resetMs: 60_000 })
  t.match(quota.take('b'), { allowed: true, remaining: 9 }, 'another caller')
  now += 5999
  t.match(quota.take('a'), { allowed: false, retryAfterMs: 1 })
  now += 1
  t.match(quota.take('a'), { allowed: true, remaining: 0 })
  t.match(quota.take('a'), { allowed: false }, 'refusals cost nothing and give nothing')
  now += 60_000
  t.match(quota.take('a'), { allowed: true, remaining: 9 })
})

t.test('it follows its settings', async t => {
  let settings: QuotaSettings = { requests: undefined, windowMs: 1000 }
  const quota = createQuota(() => settings, () => 1e12)
  t.equal(quota.take('a'), undefined)
  settings = { requests: 1, windowMs: 1000 }
  t.match([quota.take('a'), quota.take('a')], [{ allowed: true }, { allowed: false }])
  settings = { requests: 2, windowMs: 1000 }
  t.match(quota.take('b'), { allowed: true, remaining: 1 })
})

t.test('many callers do not fill the memory', async t => {
  const quota = createQuota(() => ({ requests: 1, windowMs: 60_000 }), () => 1e12)
  quota.take('first')
  t.match(quota.take('first'), { allowed: false })
  for (let i = 0; i < 10_000; i++) quota.take(`caller ${i}`)
  t.match(quota.take('first'), { allowed: true }, 'it was forgotten')
  t.match(quota.take('caller 9999'), { allowed: false })
})

t.test('who is one caller', async t => {
  t.equal(quotaKey({ subject: 'alice', certificate: undefined, address: '10.0.0.1' }), 'subject alice')
  t.not(quotaKey({ subject: 'address 10.0.0.1', certificate: undefined, address: 'x' }), quotaKey({ subject: undefined, certificate: undefined, address: '10.0.0.1' }))
  t.not(quotaKey({ subject: undefined, certificate: undefined, address: '10.0.0.1' }), quotaKey({ subject: undefined, certificate: undefined, address: '10.0.0.2' }))
  t.equal(quotaKey({ subject: undefined, certificate: 'CN=scorer', address: '10.0.0.1' }), 'certificate CN=scorer')
  const same = ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2:ffff::']
  t.equal(new Set(same.map(address => quotaKey({ subject: undefined, certificate: undefined, address }))).size, 1)
  t.not(quotaKey({ subject: undefined, certificate: undefined, address: '2001:db8:1:2::1' }), quotaKey({ subject: undefined, certificate: undefined, address: '2001:db8:1:3::1' }))
  t.equal(quotaKey({ subject: undefined, certificate: undefined, address: '::1' }), 'network 0:0:0:0')
  t.equal(quotaKey({ subject: undefined, certificate: undefined, address: '1::' }), 'network 1:0:0:0')
})
