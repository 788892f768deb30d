import fc from 'fast-check'

type JsonEdit =
  | { readonly kind: 'replace'; readonly node: number; readonly json: string }
  | { readonly kind: 'remove'; readonly node: number }
  | { readonly kind: 'add'; readonly node: number; readonly name: string; readonly json: string }
  | { readonly kind: 'wrap'; readonly node: number; readonly depth: number; readonly isArray: boolean }
  | { readonly kind: 'copy'; readonly node: number; readonly from: number }

/** Values that JSON can hold and programs often cannot. */
const ODD_JSON = [
  'null',
  'true',
  '0',
  '-0',
  '-1',
  '0.5',
  '1e308',
  '1e309',
  '-1e309',
  '5e-324',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"../../etc/passwd"',
  '[]',
  '{}',
  '[[]]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":null,"toJSON":"x"}',
]
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toJSON',
  'toString',
  'hasOwnProperty',
  'length',
  'then',
  '',
  '0',
  'ID',
  'id',
]
const MAX_WRAPS = 80

const place = fc.nat(0xff_ffff)
const oddJson = fc.oneof(fc.constantFrom(...ODD_JSON), fc.json({ maxDepth: 2 }))

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.oneof(
  fc.record({ kind: fc.constant('replace' as const), node: place, json: oddJson }),
  fc.record({ kind: fc.constant('remove' as const), node: place }),
  fc.record({
    kind: fc.constant('add' as const),
    node: place,
    name: fc.oneof(fc.constantFrom(...ODD_NAMES), fc.string({ maxLength: 6 })),
    json: oddJson,
  }),
  fc.record({
    kind: fc.constant('wrap' as const),
    node: place,
    depth: fc.oneof(fc.constant(1), fc.nat(MAX_WRAPS)),
    isArray: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('copy' as const), node: place, from: place }),
)

/** The JSON text of one of the values, with up to `maxEdits` of its parts exchanged, taken away, added to or buried. */
export function damagedJson(seeds: fc.Arbitrary<unknown>, maxEdits = 4): fc.Arbitrary<string> {
  return fc
    .tuple(seeds, fc.array(jsonEdit, { maxLength: maxEdits }))
    .map(([seed, edits]) => edits.reduce(applied, JSON.stringify(seed) ?? 'null'))
}

/** Works on the text through a tree of texts, in which `1e309` and a `__proto__` stay what they are. */
type Tree = { kind: 'leaf'; text: string } | { kind: 'array'; items: Tree[] } | { kind: 'object'; entries: [string, Tree][] }

function applied(json: string, edit: JsonEdit): string {
  const root = { kind: 'array' as const, items: [treeOf(JSON.parse(json))] }
  const nodes = nodesBelow(root)
  const spot = nodes[edit.node % nodes.length]
  if (spot === undefined) return json
  switch (edit.kind) {
    case 'replace':
      spot.put({ kind: 'leaf', text: edit.json })
      break
    case 'remove':
      spot.remove()
      break
    case 'add':
      if (spot.tree.kind === 'object') spot.tree.entries.push([edit.name, { kind: 'leaf', text: edit.json }])
      else if (spot.tree.kind === 'array') spot.tree.items.push({ kind: 'leaf', text: edit.json })
      break
    case 'wrap':
      spot.put(wrapped(spot.tree, edit.depth, edit.isArray))
      break
    case 'copy':
      spot.put({ kind: 'leaf', text: textOf(nodes[edit.from % nodes.length]?.tree ?? spot.tree) })
      break
    default:
      edit satisfies never
  }
  const text = root.items[0] === undefined ? 'null' : textOf(root.items[0])
  return isJson(text) ? text : json
}

interface Spot {
  readonly tree: Tree
  put(tree: Tree): void
  remove(): void
}

function nodesBelow(tree: Tree): Spot[] {
  if (tree.kind === 'leaf') return []
  const parts: readonly Tree[] = tree.kind === 'array' ? tree.items : tree.entries.map(([, value]) => value)
  return parts.flatMap((part, at) => [spotAt(tree, at, part), ...nodesBelow(part)])
}

function spotAt(parent: Exclude<Tree, { kind: 'leaf' }>, at: number, part: Tree): Spot {
  return {
    tree: part,
    put(tree) {
      if (parent.kind === 'array') parent.items[at] = tree
      else parent.entries[at] = [parent.entries[at]?.[0] ?? '', tree]
    },
    remove() {
      if (parent.kind === 'array') parent.items.splice(at, 1)
      else parent.entries.splice(at, 1)
    },
  }
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) }
  if (typeof value === 'object' && value !== null) {
    return { kind: 'object', entries: Object.entries(value).map(([name, part]): [string, Tree] => [name, treeOf(part)]) }
  }
  // A number too large for a double was `1e309` in the text.
  return {
    kind: 'leaf',
    text: typeof value === 'number' && !Number.isFinite(value) ? `${value < 0 ? '-' : ''}1e309` : JSON.stringify(value),
  }
}

function textOf(tree: Tree): string {
  if (tree.kind === 'leaf') return tree.text
  if (tree.kind === 'array') return `[${tree.items.map(textOf).join(',')}]`
  return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`
}

function wrapped(tree: Tree, depth: number, isArray: boolean): Tree {
  let outer = tree
  for (let level = 0; level < depth; level += 1) {
    outer = isArray ? { kind: 'array', items: [outer] } : { kind: 'object', entries: [['a', outer]] }
  }
  return outer
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
