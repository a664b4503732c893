import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Pair } from "yaml"
import type { Fault } from "./fault.ts"

/** The offset in the text that a fault is about. */
type Locate = (fault: Fault) => number

type Place = { readonly node: unknown; readonly key_offset: number }

export const locator = (document: Document, text: string): Locate => {
  const indexes = new WeakMap<object, Map<string, Pair>>()
  const pairOf = (map: { items: Pair[] }, key: string): Pair | undefined => {
    const known = indexes.get(map) ?? new Map(map.items.map((pair) => [keyText(pair), pair]))
    indexes.set(map, known)
    return known.get(key)
  }
  const inside = (node: unknown, part: string | number): Place | undefined => {
    const target = isAlias(node) ? node.resolve(document) : node
    if (isSeq(target) && typeof part === "number") {
      const item = target.items[part]
      return item === undefined ? undefined : { node: item, key_offset: offsetOf(item) ?? 0 }
    }
    if (!isMap(target)) return undefined
    const pair = pairOf(target, String(part))
    return pair && { node: pair.value, key_offset: offsetOf(pair.key) ?? 0 }
  }
  return (fault) => {
    let place: Place = { node: document.contents, key_offset: 0 }
    for (const part of fault.path) {
      const next = inside(place.node, part)
      // A missing key has no place: the nearest thing around it is named.
      if (!next) return place.key_offset
      place = next
    }
    if (fault.on_key) return place.key_offset
    return fault.spot ? spotOffset(place.node, fault.spot, text) : (offsetOf(place.node) ?? place.key_offset)
  }
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key))

const offsetOf = (node: unknown): number | undefined => {
  if (isPair(node)) return offsetOf(node.key)
  return isNode(node) ? node.range?.[0] : undefined
}

/** Scalars may be quoted, folded or indented, but `${{` stays as it is: so it is counted. */
const spotOffset = (node: unknown, spot: NonNullable<Fault["spot"]>, text: string): number => {
  const start = offsetOf(node) ?? 0
  const end = isNode(node) ? (node.range?.[1] ?? start) : start
  const source = text.slice(start, end)
  // A bare expression has no mark that could be looked for; folded ones are named by their beginning.
  if (spot.expression < 0) {
    return source.includes("\n") ? start : start + spot.offset + (/^["']/.test(source) ? 1 : 0)
  }
  let found = source.indexOf("${{")
  for (let skipped = 0; skipped < spot.expression && found >= 0; skipped++)
    found = source.indexOf("${{", found + 3)
  if (found < 0) return start
  const inside = source.slice(found + 3, found + 3 + spot.offset)
  return start + found + (inside.includes("\n") ? 0 : 3 + spot.offset)
}
