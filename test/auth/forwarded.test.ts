// Who is calling behind proxies, one test per trick.
import t from 'tap'
import { addressList } from '../../src/auth/address-list.js'
import { callerAddress, type ForwardedHeader } from '../../src/auth/forwarded.js'

const trusted = addressList(['10.0.0.0/8', '2001:db8::/32'])
const by = (header: ForwardedHeader) => (peer: string, text: string | undefined, list: typeof trusted | undefined = trusted) => callerAddress(peer, header, text, list)
const xff = by('x-forwarded-for')
const forwarded = by('forwarded')

t.test('X-Forwarded-For, from the right', async t => {
  t.same(xff('10.0.0.1', '192.0.2.1'), { address: '192.0.2.1', known: true })
  t.same(xff('10.0.0.1', '6.6.6.6, 192.0.2.1'), { address: '192.0.2.1', known: true }, 'what the caller made up is not looked at')
  t.same(xff('10.0.0.1', '6.6.6.6, 192.0.2.1, 10.0.0.2, 10.9.9.9'), { address: '192.0.2.1', known: true }, 'over several hops')
  t.same(xff('192.0.2.1', '10.0.0.5'), { address: '192.0.2.1', known: true }, 'a peer that is no proxy is not believed')
  t.same(xff('192.0.2.1', 'garbage'), { address: '192.0.2.1', known: true })
  t.same(xff('10.0.0.1', undefined), { address: '10.0.0.1', known: true }, 'the proxy itself')
  t.same(xff('10.0.0.1', '10.0.0.2, 10.0.0.3'), { address: '10.0.0.2', known: true }, 'all trusted: the farthest')
  t.same(callerAddress('10.0.0.1', 'x-forwarded-for', '192.0.2.1', undefined), { address: '10.0.0.1', known: true }, 'no proxy is trusted unless named')
})

t.test('v6, mapped, ports', async t => {
  t.same(xff('::ffff:10.0.0.1', '::ffff:192.0.2.1'), { address: '192.0.2.1', known: true })
  t.same(xff('2001:db8::1', '2001:470::9'), { address: '2001:470::9', known: true })
  t.same(xff('10.0.0.1', '192.0.2.1:5678'), { address: '192.0.2.1', known: true })
  t.same(xff('10.0.0.1', '[2001:470::9]:5678'), { address: '2001:470::9', known: true })
  t.same(xff('10.0.0.1', '[2001:470::9]'), { address: '2001:470::9', known: true })
})

t.test('what is no address is nobody', async t => {
  for (const text of ['garbage', '', ',', '192.0.2.1,', '192.0.2.1, unknown', '192.0.2.300', '192.0.2.1 10.0.0.2', '::1::', 'localhost', '192.0.2.1:99999999']) {
    t.match(xff('10.0.0.1', text), { known: false, address: '10.0.0.1' }, JSON.stringify(text))
  }
  t.same(xff('10.0.0.1', 'garbage, 10.0.0.2'), { address: '10.0.0.2', known: false }, 'the last that can be read')
  t.same(xff('10.0.0.1', 'garbage, 192.0.2.1'), { address: '192.0.2.1', known: true }, 'beyond the caller nothing is read')
  t.match(xff('', '192.0.2.1'), { known: false })
})

t.test('Forwarded', async t => {
  t.same(forwarded('10.0.0.1', 'for=6.6.6.6, for=192.0.2.1;proto=https;by=10.0.0.2'), { address: '192.0.2.1', known: true })
  t.same(forwarded('10.0.0.1', 'For="[2001:470::9]:4711"'), { address: '2001:470::9', known: true })
  t.same(forwarded('10.0.0.1', 'for="192.0.2.1:80", for="10.0.0.3"'), { address: '192.0.2.1', known: true })
  t.same(forwarded('10.0.0.1', 'for="6.6.6.6, for=10.0.0.9";proto=http, for=192.0.2.1'), { address: '192.0.2.1', known: true }, 'a comma in quotes parts nothing')
  for (const text of ['for=unknown', 'for=_hidden', 'proto=https', 'for=192.0.2.1;for=10.0.0.9', 'for="192.0.2.1', '']) t.match(forwarded('10.0.0.1', text), { known: false }, text)
})
