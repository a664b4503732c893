import { describe, expect, test } from "bun:test"
import { attachment, parseRange, rangeHeaders } from "./download.ts"

describe("a range", () => {
  test.each([
    ["bytes=0-", { start: 0 }],
    ["bytes=5-9", { start: 5, end: 9 }],
    ["bytes=5-5", { start: 5, end: 5 }],
  ])("%s is understood", (header, range) => expect(parseRange(header)).toEqual(range))

  test.each([undefined, "", "bytes=-5", "bytes=9-5", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=0"])(
    "%p is answered with the whole",
    (header) => expect(parseRange(header)).toBeUndefined(),
  )

  test.each([
    [{ start: 0 }, "bytes 0-9/10", "10"],
    [{ start: 4 }, "bytes 4-9/10", "6"],
    [{ start: 4, end: 4 }, "bytes 4-4/10", "1"],
    [{ start: 4, end: 400 }, "bytes 4-9/10", "6"],
  ])("%p of 10 bytes is %s", (range, content_range, length) => {
    const { status, headers } = rangeHeaders(range, 10)
    expect(status).toBe(206)
    expect(headers).toMatchObject({ "content-range": content_range, "content-length": length })
  })

  test("of none is the whole, and says that ranges may be asked for", () => {
    expect(rangeHeaders(undefined, 10)).toEqual({
      status: 200,
      headers: { "accept-ranges": "bytes", "content-length": "10" },
    })
  })

  test.each([10, 0])("behind the end of %d bytes is refused", (size_bytes) => {
    expect(() => rangeHeaders({ start: size_bytes }, size_bytes)).toThrow(`The file has ${size_bytes} bytes.`)
  })
})

describe("a download's name", () => {
  const named = (name: string) => attachment(name, "text/plain")["content-disposition"]

  test.each([
    ["report.csv", `attachment; filename="report.csv"; filename*=UTF-8''report.csv`],
    ['a"b;c.txt', `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b%3Bc.txt`],
    ["it's (1)*.txt", `attachment; filename="it_s__1__.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ["grüße.txt", `attachment; filename="gr__e.txt"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt`],
    ["a\r\nx: y", `attachment; filename="a__x__y"; filename*=UTF-8''a%0D%0Ax%3A%20y`],
    ["\ud800", `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])("%p is written so that nothing else can follow from it", (name, header) =>
    expect(named(name)).toBe(header),
  )

  test("comes with headers that keep it from running as a page", () => {
    expect(attachment("a.html", "text/html")).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    })
  })
})
