// Bodies of a version without a preprocess of its own → tensors of a signature: JSON, forms, pictures, texts, raw tensors. Knows no HTTP.
import { OutriggerError } from '../errors.js'
import { PictureError, withPicture, type Pixels } from '../media/picture.js'
import { resize } from '../media/resize.js'
import { dtypeRow } from '../tensor/dtype.js'
import { decodeInputs, decodeJson, refuse, shapeForOne, type DecodedInputs } from '../tensor/evaluate/decode.js'
import { parseJson } from '../tensor/evaluate/json.js'
import { pointerStep } from '../tensor/evaluate/nested.js'
import { decodeRaw } from '../tensor/evaluate/raw.js'
import type { Signature, Tensor, TensorInfo } from '../tensor/tensor.js'
import { isJsonType } from './json-type.js'
import { castData } from './tensors.js'
import type { FormPart, HandlerRequest } from './version-handler.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** `[n, height, width, channels]` of numbers that pixels can be. */
function takesPicture ({ dtype, shape }: TensorInfo): boolean {
  return ['DT_FLOAT', 'DT_DOUBLE', 'DT_UINT8', 'DT_INT32', 'DT_HALF', 'DT_BFLOAT16'].includes(dtype) && shape?.length === 4 && (shape[0] === -1 || shape[0] === 1) && (shape[3] === 1 || shape[3] === 3)
}

const takesText = (info: TensorInfo): boolean => info.dtype === 'DT_STRING' && shapeForOne(info) !== undefined

const isNumeric = ({ dtype }: TensorInfo): boolean => 'array' in dtypeRow(dtype) && dtypeRow(dtype).lanes === undefined

/** The one input of a signature that has one. */
function only (signature: Signature): [name: string, info: TensorInfo] | undefined {
  return signature.inputs.size === 1 ? [...signature.inputs][0] : undefined
}

/** Whether application/octet-stream is the values of the only input. */
export function takesRaw (signature: Signature): boolean {
  const [, info] = only(signature) ?? []
  return info !== undefined && isNumeric(info)
}

/** The media types that the inputs of a signature can be read from. */
export function plainMediaTypes (signature: Signature): string[] {
  const [, info] = only(signature) ?? []
  const types = ['application/json', 'multipart/form-data']
  if (info === undefined) return types
  if (takesText(info)) types.push('text/plain')
  if (takesText(info) || takesPicture(info)) types.push('image/png', 'image/jpeg')
  if (takesText(info) || isNumeric(info)) types.push('application/octet-stream')
  return types
}

const bytesTensor = (info: TensorInfo, bytes: Uint8Array): Tensor => ({ dtype: 'DT_STRING', shape: shapeForOne(info)!, data: [bytes] })

/** Pixels from 0 to 255, stretched bilinearly to the size that the model takes, not scaled: what scaling a model needs is in it or in a handler. */
async function pictureTensor (info: TensorInfo, bytes: Uint8Array, pointer: string, deadline: number): Promise<Tensor> {
  const [, wantedHeight = -1, wantedWidth = -1, channels = 3] = info.shape!
  const tensorOf = (pixels: Pixels): Tensor => {
    const height = wantedHeight < 0 ? pixels.height : wantedHeight
    const width = wantedWidth < 0 ? pixels.width : wantedWidth
    const real = height === pixels.height && width === pixels.width ? pixels.data : resize(pixels, width, height)
    const data = info.dtype === 'DT_UINT8' || info.dtype === 'DT_INT32' ? castData(info.dtype, real instanceof Uint8Array ? real : real.map(Math.round)) : castData(info.dtype, real)
    return { dtype: info.dtype, shape: [1, height, width, channels], data }
  }
  try {
    return await withPicture(bytes, { channels: channels as 1 | 3, deadline }, tensorOf)
  } catch (error) {
    if (error instanceof PictureError) return refuse([{ pointer, detail: error.message }])
    throw error
  }
}

function textOf (data: Uint8Array, pointer: string): string {
  try {
    return utf8.decode(data)
  } catch {
    return refuse([{ pointer, detail: 'is not valid UTF-8' }])
  }
}

/** A field for a string input is its text, a file its bytes; for numbers it is JSON. What is no JSON stays a text, which the dtype then refuses. */
function fieldValue (part: FormPart, info: TensorInfo | undefined): unknown {
  if (info?.dtype === 'DT_STRING' && part.mediaType !== 'application/json') {
    return part.filename === undefined ? textOf(part.data, pointerStep(part.name)) : { b64: Buffer.from(part.data).toString('base64') }
  }
  try {
    return parseJson(part.data)
  } catch {
    return textOf(part.data, pointerStep(part.name))
  }
}

async function decodeForm (parts: readonly FormPart[], signature: Signature, deadline: number): Promise<DecodedInputs> {
  const values = new Map<string, unknown>()
  const given: Record<string, Tensor> = {}
  for (const part of parts) {
    const pointer = pointerStep(part.name)
    const info = signature.inputs.get(part.name)
    if (values.has(part.name) || Object.hasOwn(given, part.name)) return refuse([{ pointer, detail: 'is given more than once' }])
    if (info !== undefined && takesPicture(info) && (part.filename !== undefined || part.mediaType?.startsWith('image/') === true)) given[part.name] = await pictureTensor(info, part.data, pointer, deadline)
    else values.set(part.name, fieldValue(part, info))
  }
  return decodeInputs(Object.fromEntries(values), signature, given)
}

/**
 * Reads a body as the tensors of a signature. Throws REQUEST_MEDIA_TYPE naming what is taken, REQUEST_NOT_JSON, REQUEST_INVALID with every fault by pointer, or SERVICE_OVERLOADED where a picture has no turn before the deadline (milliseconds since the epoch).
 */
export async function decodeBody (request: HandlerRequest, signature: Signature, deadline: number): Promise<DecodedInputs> {
  const { mediaType, body } = request
  if (mediaType === '' || isJsonType(mediaType)) return decodeJson(body, signature, request.scan)
  const taken = plainMediaTypes(signature)
  if (!taken.includes(mediaType)) throw new OutriggerError('REQUEST_MEDIA_TYPE', `The media type ${mediaType} is not taken here; taken are ${taken.join(', ')}`)
  if (mediaType === 'multipart/form-data') return await decodeForm(request.parts ?? [], signature, deadline)
  const [name, info] = only(signature)!
  if (mediaType.startsWith('image/') && takesPicture(info)) return { tensors: { [name]: await pictureTensor(info, body, '', deadline) }, plain: true }
  if (isNumeric(info)) return decodeRaw(body, name, info, request.shape)
  if (mediaType === 'text/plain') textOf(body, '')
  return { tensors: { [name]: bytesTensor(info, body) }, plain: true }
}
