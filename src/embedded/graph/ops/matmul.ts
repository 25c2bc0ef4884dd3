// MatMul and BatchMatMul: shapes, transposition, broadcasting of batches. The loops are gemm.ts's.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { broadcastShape, eachRow } from './broadcast.js'
import { multiply, multiplyBigs, multiplyIntegers, type Matrix } from './gemm.js'
import { throughFloat } from './half.js'
import { bigTypes, floatTypes, halfTypes, invalid, isBig, isFloat, isHalf, shapeText, tensorOf, typeAttribute, type Shape } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

type Product = (a: Matrix<NumericData>, b: Matrix<NumericData>, m: number, k: number, n: number, out: NumericData, outOffset: number) => void

const types: readonly DType[] = [...floatTypes, ...halfTypes, 'DT_INT32', ...bigTypes]

export const productFor = (dtype: DType): Product =>
  (isBig(dtype) ? multiplyBigs : isFloat(dtype) ? multiply : multiplyIntegers) as Product

/** The last two axes of an operand; transposed ones are read with their strides exchanged. */
function matrixOf (data: NumericData, rows: number, columns: number, transposed: boolean): Matrix<NumericData> {
  return transposed
    ? { data, offset: 0, rowStride: 1, columnStride: rows }
    : { data, offset: 0, rowStride: columns, columnStride: 1 }
}

const matMul: Op = node => {
  const dtype = typeAttribute(node, 'T', types)
  const transposeA = node.attrs.bool('transpose_a', false)
  const transposeB = node.attrs.bool('transpose_b', false)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const product = productFor(real)
  const kernel: Kernel = inputs => {
    const a = tensorOf(inputs[0])
    const b = tensorOf(inputs[1])
    if (a.shape.length !== b.shape.length) throw invalid(`In[0] and In[1] has different ndims: ${shapeText(a.shape)} vs. ${shapeText(b.shape)}`)
    if (a.shape.length !== 2) throw invalid(`In[0] is not a matrix. Instead it has shape ${shapeText(a.shape)}`)
    if (b.shape.length !== 2) throw invalid(`In[1] is not a matrix. Instead it has shape ${shapeText(b.shape)}`)
    const [m, k] = transposeA ? [a.shape[1], a.shape[0]] : a.shape
    const [k2, n] = transposeB ? [b.shape[1], b.shape[0]] : b.shape
    if (k !== k2) throw invalid(`Matrix size-incompatible: In[0]: ${shapeText(a.shape)}, In[1]: ${shapeText(b.shape)}`)
    const data = allocate(real, m * n)
    product(matrixOf(a.data as NumericData, m, k, transposeA), matrixOf(b.data as NumericData, k, n, transposeB), m, k, n, data, 0)
    return { dtype: real, shape: [m, n], data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

/** Batches broadcast against each other in V2 and V3; the first version wants them equal. */
const batchMatMul = (broadcasts: boolean): Op => node => {
  const dtype = node.attrs.has('Ta') ? typeAttribute(node, 'Ta', types) : typeAttribute(node, 'T', types)
  for (const name of ['Tb', 'Tout']) {
    if (node.attrs.has(name) && node.attrs.dtype(name) !== dtype) node.unimplemented(`${name}=${node.attrs.dtype(name)} beside Ta=${dtype}`)
  }
  const adjointA = node.attrs.bool('adj_x', false)
  const adjointB = node.attrs.bool('adj_y', false)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const product = productFor(real)
  const kernel: Kernel = inputs => {
    const a = tensorOf(inputs[0])
    const b = tensorOf(inputs[1])
    if (!broadcasts && a.shape.length !== b.shape.length) throw invalid(`In[0] and In[1] has different ndims: ${shapeText(a.shape)} vs. ${shapeText(b.shape)}`)
    if (a.shape.length < 2) throw invalid(`In[0] ndims must be >= 2: ${a.shape.length}`)
    if (b.shape.length < 2) throw invalid(`In[1] ndims must be >= 2: ${b.shape.length}`)
    const [m, k] = lastTwo(a.shape, adjointA)
    const [k2, n] = lastTwo(b.shape, adjointB)
    const batchA = a.shape.slice(0, -2)
    const batchB = b.shape.slice(0, -2)
    const batch = broadcastShape([batchA, batchB])
    if (batch === undefined || (!broadcasts && shapeText(batchA) !== shapeText(batchB))) {
      throw invalid(`In[0] and In[1] must have compatible batch dimensions: ${shapeText(a.shape)} vs. ${shapeText(b.shape)}`)
    }
    if (k !== k2) throw invalid(`Matrix size-incompatible: In[0]: ${shapeText(a.shape)}, In[1]: ${shapeText(b.shape)}`)
    const data = allocate(real, elementCount(batch) * m * n)
    const x = matrixOf(a.data as NumericData, m, k, adjointA)
    const y = matrixOf(b.data as NumericData, k, n, adjointB)
    eachRow(batch, [batchA, batchB], (offsets, strides, target, count) => {
      for (let i = 0; i < count; i++) {
        x.offset = (offsets[0] + i * strides[0]) * m * k
        y.offset = (offsets[1] + i * strides[1]) * k * n
        product(x, y, m, k, n, data, (target + i) * m * n)
      }
    })
    return { dtype: real, shape: [...batch, m, n], data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

function lastTwo (shape: Shape, transposed: boolean): readonly [number, number] {
  const rows = shape[shape.length - 2]
  const columns = shape[shape.length - 1]
  return transposed ? [columns, rows] : [rows, columns]
}

export const matmul: OpFamily = {
  MatMul: matMul,
  BatchMatMul: batchMatMul(false),
  BatchMatMulV2: batchMatMul(true),
  BatchMatMulV3: batchMatMul(true)
}
