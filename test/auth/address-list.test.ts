// Address lists against an arithmetic of their own, and what is taken for an address at all.
import t from 'tap'
import { addressList, canonicalAddress, followingList, readBlock } from '../../src/auth/address-list.js'
import { createRandom } from '../helpers/random.js'

t.test('one spelling per address', async t => {
  const spellings = { '10.0.0.1': '10.0.0.1', '::ffff:10.0.0.1': '10.0.0.1', '::FFFF:a00:1': '10.0.0.1', '0:0:0:0:0:ffff:10.0.0.1': '10.0.0.1', '2001:DB8:0:0::1': '2001:db8::1', 'fe80::1%eth0': 'fe80::1', '::1': '::1' }
  for (const [given, wanted] of Object.entries(spellings)) t.equal(canonicalAddress(given), wanted, given)
  for (const none of ['', 'x', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.1:80', '[::1]', '1', '0x7f.0.0.1', ' 10.0.0.1']) t.equal(canonicalAddress(none), undefined, none)
})

t.test('blocks', async t => {
  t.same(readBlock('10.0.0.0/8'), { address: '10.0.0.0', bits: 8 })
  t.same(readBlock('192.0.2.7'), { address: '192.0.2.7', bits: 32 })
  t.same(readBlock('2001:db8::/32'), { address: '2001:db8::', bits: 32 })
  t.same(readBlock('::ffff:10.0.0.0/104'), { address: '10.0.0.0', bits: 8 })
  t.same(readBlock('::ffff:10.0.0.1'), { address: '10.0.0.1', bits: 32 })
  for (const bad of ['', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'localhost', '10.*', '::ffff:0:0/90', '10.0.0.0/0x8']) t.throws(() => readBlock(bad), bad)
})

const bitsOf = (address: string): { bits: bigint, length: number } => {
  if (!address.includes(':')) return { bits: address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n), length: 32 }
  const [front, back] = address.split('::').map(half => half === '' ? [] : half.split(':'))
  const groups = back === undefined ? front! : [...front!, ...Array<string>(8 - front!.length - back.length).fill('0'), ...back]
  return { bits: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n), length: 128 }
}

t.test('a list agrees with arithmetic on bits', async t => {
  const { int: number } = createRandom(7)
  const v4 = (): string => Array.from({ length: 4 }, () => number(3) === 0 ? number(256) : number(2) * 255).join('.')
  const v6 = (): string => Array.from({ length: 8 }, () => (number(3) === 0 ? number(65536) : number(2) * 65535).toString(16)).join(':')
  let inside = 0
  for (let i = 0; i < 3000; i++) {
    const four = i % 2 === 0
    const [block, address] = four ? [v4(), v4()] : [v6(), v6()]
    const prefix = number(four ? 33 : 129)
    const shift = BigInt((four ? 32 : 128) - prefix)
    const wanted = bitsOf(block).bits >> shift === bitsOf(address).bits >> shift
    if (wanted) inside++
    // A mapped address made of random groups would count as v4; there is none with this seed.
    if (addressList([`${block}/${prefix}`]).has(canonicalAddress(address)!) !== wanted) t.fail(`${address} in ${block}/${prefix}`)
  }
  t.ok(inside > 100, `${inside} were inside`)
})

t.test('families are apart, everything is both', async t => {
  t.notOk(addressList(['0.0.0.0/0']).has('::1'))
  t.notOk(addressList(['::/0']).has('10.0.0.1'))
  const all = addressList(['0.0.0.0/0', '::/0'])
  for (const address of ['10.0.0.1', '255.255.255.255', '::', 'ffff::1']) t.ok(all.has(address), address)
  t.notOk(addressList([]).has('10.0.0.1'))
})

t.test('a list follows its setting', async t => {
  let setting: readonly string[] | undefined
  const list = followingList(() => setting)
  t.equal(list(), undefined)
  setting = ['10.0.0.0/8']
  t.ok(list()!.has('10.1.1.1'))
  t.equal(list(), list(), 'made once')
  setting = ['192.0.2.0/24']
  t.notOk(list()!.has('10.1.1.1'))
})
