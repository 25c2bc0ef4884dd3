// Which ops are more than a function of their inputs: those must not be computed ahead, and those that change something must run in a function even when no result needs them. Source: the stateful flag of TensorFlow's op registry.
import type { Attributes } from './kernel.js'

/** Ops that change a variable or table, or end the call: a function runs them though nothing reads them. */
const effects = new Set([
  'Assert', 'Assign', 'AssignAdd', 'AssignSub', 'AssignVariableOp', 'AssignAddVariableOp', 'AssignSubVariableOp',
  'InitializeTable', 'InitializeTableV2', 'InitializeTableFromTextFile', 'InitializeTableFromTextFileV2',
  'LookupTableImport', 'LookupTableImportV2', 'LookupTableInsert', 'LookupTableInsertV2', 'LookupTableRemoveV2',
  'ResourceScatterAdd', 'ResourceScatterUpdate', 'ResourceScatterSub', 'ResourceScatterNdUpdate', 'ScatterAdd', 'ScatterUpdate', 'ScatterSub',
  'StatefulPartitionedCall', 'If', 'While', 'Case', 'Print', 'PrintV2'
])

/** Ops whose value is another one from call to call, or that hold something of the session. */
const volatile = new RegExp([
  'Placeholder', 'PartitionedCall', '^(Stateless)?(If|While|Case)$', 'Var(Handle|Is)', 'Variable', 'Table', 'Resource', 'Restore', 'Save', 'Sharded', 'Checkpoint',
  '^Random', 'Multinomial', 'TruncatedNormal', 'Dataset', 'Iterator', 'Queue', 'Stack', 'TensorArray', 'TensorList', 'Barrier', 'Mutex',
  '^(Stateful|Read|Write|Matching|Print|Py|Eager|NoOp|Timestamp|DisableCopyOnRead|Decode(Jpeg|Wav)File|_)'
].join('|'))

/** The shared name that makes a resource of its own at every call. */
export const anonymousName = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347'

/** Whether the node only names a variable of the session, so that one handle does for all calls. */
export const isSessionHandle = (node: { op: string, attrs: Attributes }): boolean =>
  (node.op === 'VarHandleOp' || node.op === 'Variable' || node.op === 'VariableV2') && node.attrs.string('shared_name', '') !== anonymousName

export const hasEffect = (op: string): boolean => effects.has(op)

/** Whether the op may be computed once at load when all its inputs are constants. */
export const isPure = (op: string): boolean => !effects.has(op) && !volatile.test(op)

/** Ops whose first output is a reference to a TF1 variable: whoever does not want the reference gets its value. */
export const givesReference = (op: string): boolean => op === 'Variable' || op === 'VariableV2' || op === 'Assign' || op === 'AssignAdd' || op === 'AssignSub'

/** Ops whose first input is such a reference. */
export const takesReference = (op: string): boolean => op === 'Assign' || op === 'AssignAdd' || op === 'AssignSub' || op === 'IsVariableInitialized'
