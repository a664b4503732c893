import { expect, test } from "bun:test"
import { placeOf } from "./key.ts"

test.each([
  [undefined, "unknown"],
  ["203.0.113.9", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8::7", "2001:db8:0:0::/64"],
  ["2001:DB8:0:0:ffff::1", "2001:db8:0:0::/64"],
  ["2001:0db8:0001:0002:0003:0004:0005:0006", "2001:db8:1:2::/64"],
])("%p is counted as %p", (address, place) => {
  expect(placeOf(address)).toBe(place)
})
