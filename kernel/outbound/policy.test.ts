import { describe, expect, test } from "bun:test"
import { isPublic } from "./address.ts"
import { createPolicy, policyEntries } from "./policy.ts"

const settings = { allow: "WF_ALLOW", only: "WF_ONLY" }

describe("an address", () => {
  test.each([
    ...[
      "8.8.8.8",
      "1.1.1.1",
      "172.15.255.255",
      "172.32.0.1",
      "100.63.0.1",
      "2606:4700::1111",
      "2a00:1450:4001::1",
    ],
    "::ffff:8.8.8.8",
  ])("%s is public", (address) => expect(isPublic(address)).toBe(true))

  test.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1"],
    ...[
      "172.31.255.255",
      "192.168.0.1",
      "192.0.0.1",
      "192.0.2.1",
      "198.18.0.1",
      "224.0.0.1",
      "255.255.255.255",
    ],
    ...[
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::ffff:a00:1",
      "::FFFF:169.254.169.254",
      "::127.0.0.1",
    ],
    ...["fe80::1", "fc00::1", "fd12::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1"],
    ...["2001::1", "2001:db8::1", "100::1", "fec0::1", "5f00::1", "not an address", ""],
  ])("%p is not", (address) => expect(isPublic(address)).toBe(false))
})

describe("a policy", () => {
  test("takes private addresses only by the network, address or host that is listed", () => {
    const { allowsAddress } = createPolicy({
      settings,
      allow: ["10.0.0.0/8", "::1", "Local.Test", "*.in.test"],
      only: [],
    })
    expect(allowsAddress("any", "10.9.8.7")).toBe(true)
    expect(allowsAddress("any", "::ffff:10.9.8.7")).toBe(true)
    expect(allowsAddress("any", "::1")).toBe(true)
    expect(allowsAddress("local.test", "127.0.0.1")).toBe(true)
    expect(allowsAddress("a.in.test", "127.0.0.1")).toBe(true)
    expect(allowsAddress("in.test", "127.0.0.1")).toBe(false)
    expect(allowsAddress("evilin.test", "127.0.0.1")).toBe(false)
    expect(allowsAddress("other.test", "127.0.0.1")).toBe(false)
  })

  test("with a list of hosts calls no other", () => {
    const { allowsHost } = createPolicy({
      settings,
      allow: [],
      only: ["api.test", "*.good.test", "8.8.8.0/24"],
    })
    expect(
      ["api.test", "x.good.test", "8.8.8.8", "x.api.test", "8.8.4.4", "evil.test"].map(allowsHost),
    ).toEqual([...[true, true, true, false, false, false]])
  })

  test.each(["10.0.0.0/8", "10.0.0.1", "::1", "fc00::/7", "localhost", "a.b.test", "*.b.test"])(
    "may list %s",
    (entry) => expect(policyEntries.safeParse(entry).success).toBe(true),
  )

  test.each(["10.0.0.0/33", "fc00::/129", "10.0.0.0/", "*", "*.", "a b", "http://x", "x:80", "-a", "a..b"])(
    "may not list %s",
    (entry) => expect(policyEntries.safeParse(entry).success).toBe(false),
  )
})
