// What rounding takes from a product, against whole-number arithmetic.
import t from 'tap'
import { productError } from '../../src/tensor/exact-product.js'
import { createRandom } from '../helpers/random.js'

t.test('the rounded product and its error are the product', async t => {
  const { fraction } = createRandom(7)
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [Math.floor(fraction() * 2 ** 53), Math.floor(fraction() * 2 ** 53)]
    const product = a * b
    t.equal(BigInt(product) + BigInt(productError(a, b, product)), BigInt(a) * BigInt(b), `${a} * ${b}`)
  }
  t.equal(productError(0.1, 10, 1), 2 ** -54)
})
