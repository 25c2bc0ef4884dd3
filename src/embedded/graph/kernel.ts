// What an op of a TensorFlow graph is to the interpreter: bound once when the graph is loaded, then called with values. Op families import this and nothing of the loader.
import type { DType } from '../../tensor/dtype.js'
import type { Tensor } from '../../tensor/tensor.js'

/** A graph value: a tensor, or a handle to something that lives in the session (variable, table, tensor list). Handles are compared by identity. */
export type Value = Tensor | Handle

export interface Handle {
  readonly dtype: 'DT_RESOURCE' | 'DT_VARIANT'
  readonly shape: readonly number[]
  readonly resource: unknown
}

/** An attribute's partial shape: -1 for an unknown size, undefined for an unknown rank. */
export type PartialShape = readonly number[] | undefined

/**
 * A node's attributes. Every getter without a default throws ModelError(INVALID_ARGUMENT) when the attribute is missing or of another kind.
 * SavedModels leave out attributes that have the op's default value, so give the default of TensorFlow's op registry wherever there is one.
 */
export interface Attributes {
  has (name: string): boolean
  int (name: string, fallback?: number): number
  ints (name: string, fallback?: readonly number[]): readonly number[]
  float (name: string, fallback?: number): number
  floats (name: string, fallback?: readonly number[]): readonly number[]
  bool (name: string, fallback?: boolean): boolean
  /** Bytes as UTF-8 text. */
  string (name: string, fallback?: string): string
  strings (name: string, fallback?: readonly string[]): readonly string[]
  dtype (name: string, fallback?: DType): DType
  dtypes (name: string, fallback?: readonly DType[]): readonly DType[]
  shape (name: string, fallback?: PartialShape): PartialShape
  shapes (name: string, fallback?: readonly PartialShape[]): readonly PartialShape[]
  tensor (name: string): Tensor
  /** Name of a library function. */
  func (name: string): string
}

/** A node as an op sees it when it is bound. */
export interface BoundNode {
  readonly name: string
  readonly op: string
  readonly attrs: Attributes
  /** Data inputs, control inputs not counted. */
  readonly inputCount: number
  /** A library function made callable, for PartitionedCall, If, While. Bound at load like everything else, so unknown ops in it refuse the load. */
  bindFunction (name: string): (inputs: readonly Value[], session: Session) => readonly Value[]
  /** Throws ModelError(UNIMPLEMENTED) `op X (node Y)` followed by the detail; for attribute values that the kernel does not cover. */
  unimplemented (detail: string): never
}

/** What lives as long as the servable: resources by name, and its folder for assets. */
export interface Session {
  readonly folder: string
  /** Variables and tables, by `container/shared_name` (or the node's name). Kernels of resource ops own the shapes of what they store. */
  readonly resources: Map<string, unknown>
}

/** Computes a node's outputs. Never changes its inputs' data; may return an input (or a view on its data) as an output. Throws ModelError. */
export type Kernel = (inputs: readonly Value[], session: Session) => readonly Value[] | Value

/** Checks the attributes and returns the kernel. Called once per node at load. */
export type Op = (node: BoundNode) => Kernel

/** A file of ops: one entry per op name. */
export type OpFamily = Readonly<Record<string, Op>>
