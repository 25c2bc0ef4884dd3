// Special functions in double precision: the error function and its inverse, the logarithm of gamma, digamma. Knows no tensors.

/** Coefficients of W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969); relative error below 1.2e-16. */
const smallP = [3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03, 1.85777706184603153e-1]
const smallQ = [2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03]
const middleP = [5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03, 2.15311535474403846e-8]
const middleQ = [1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03, 3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03]
const largeP = [3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4, 1.63153871373020978e-2]
const largeQ = [2.56852019228982242e00, 1.87295284992346047e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3]

function erfSmall (x: number): number {
  const square = x * x
  let top = smallP[4] * square
  let bottom = square
  for (let i = 0; i < 3; i++) {
    top = (top + smallP[i]) * square
    bottom = (bottom + smallQ[i]) * square
  }
  return x * (top + smallP[3]) / (bottom + smallQ[3])
}

/** erfc of y > 0.46875. */
function erfcTail (y: number): number {
  if (y > 26.6) return 0
  let result: number
  if (y <= 4) {
    let top = middleP[8] * y
    let bottom = y
    for (let i = 0; i < 7; i++) {
      top = (top + middleP[i]) * y
      bottom = (bottom + middleQ[i]) * y
    }
    result = (top + middleP[7]) / (bottom + middleQ[7])
  } else {
    const inverse = 1 / (y * y)
    let top = largeP[5] * inverse
    let bottom = inverse
    for (let i = 0; i < 4; i++) {
      top = (top + largeP[i]) * inverse
      bottom = (bottom + largeQ[i]) * inverse
    }
    result = inverse * (top + largeP[4]) / (bottom + largeQ[4])
    result = (5.6418958354775628695e-1 - result) / y
  }
  // exp(-y²) in two factors, so that the rounding of y² does not show.
  const coarse = Math.trunc(y * 16) / 16
  return Math.exp(-coarse * coarse) * Math.exp(-(y - coarse) * (y + coarse)) * result
}

export function erf (x: number): number {
  if (Number.isNaN(x)) return NaN
  const size = Math.abs(x)
  if (size <= 0.46875) return erfSmall(x)
  return Math.sign(x) * (1 - erfcTail(size))
}

export function erfc (x: number): number {
  if (Number.isNaN(x)) return NaN
  const size = Math.abs(x)
  if (size <= 0.46875) return 1 - erfSmall(x)
  return x > 0 ? erfcTail(size) : 2 - erfcTail(size)
}

/** NaN outside [-1, 1]. A first guess by Winitzki's formula, then Halley steps on erf. */
export function erfinv (x: number): number {
  if (!(x >= -1 && x <= 1)) return NaN
  if (x === 1 || x === -1) return x * Infinity
  if (x === 0) return x
  const a = 0.147
  const log = Math.log1p(-x * x)
  const half = 2 / (Math.PI * a) + log / 2
  let y = Math.sign(x) * Math.sqrt(Math.sqrt(half * half - log / a) - half)
  for (let i = 0; i < 3; i++) {
    // Near the ends erf(y) - x loses its digits, 1 - x does not.
    const error = Math.abs(x) < 0.5 ? erf(y) - x : Math.sign(x) * ((1 - Math.abs(x)) - erfc(Math.abs(y)))
    const step = error / (2 / Math.sqrt(Math.PI) * Math.exp(-y * y))
    y -= step / (1 + y * step)
  }
  return y
}

/** Lanczos, g = 7, nine terms. */
const lanczos = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]

/** Logarithm of |gamma|; +Infinity at zero and the negative integers. */
export function lgamma (x: number): number {
  if (Number.isNaN(x)) return NaN
  if (x === Infinity || x === -Infinity) return Infinity
  if (x <= 0 && Number.isInteger(x)) return Infinity
  if (x === 1 || x === 2) return 0
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x)
  if (x > 1e15) return x * (Math.log(x) - 1)
  const y = x - 1
  let sum = lanczos[0]
  for (let i = 1; i < 9; i++) sum += lanczos[i] / (y + i)
  const t = y + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** Derivative of lgamma; NaN at zero and the negative integers, as TensorFlow has it. */
export function digamma (x: number): number {
  if (x <= 0 && (Number.isInteger(x) || x === -Infinity)) return NaN
  if (x < 0) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x)
  let shift = 0
  let y = x
  for (; y < 10; y++) shift -= 1 / y
  const inverse = 1 / (y * y)
  return shift + Math.log(y) - 0.5 / y - inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
}
