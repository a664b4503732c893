import { expect, test } from "bun:test"
import { maskHeader, maskText, maskValue } from "./mask.ts"

test.each([
  ["authorization", "Bearer wft_abcdefgh", "Bearer ***"],
  ["Authorization", "Basic dXNlcjpwYXNz", "Basic ***"],
  ["authorization", "wft_abcdefgh", "***"],
  ["cookie", "a=b", "***"],
  ["set-cookie", "session=b; Secure", "***"],
  ["x-webhook-signature", "v1=aa", "***"],
  ["idempotency-key", "order-1", "order-1"],
  ["x-request-id", "01a1", "01a1"],
  ["location", "https://x.test/?token=abc&page=2", "https://x.test/?token=***&page=2"],
])("of the header %s: %s stays %s", (name, value, left) => {
  expect(maskHeader(name, value)).toBe(left)
})

test.each([
  ["a wft_abcdefgh and wfi_0123456789.", "a wft_*** and wfi_***."],
  ["eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln!", "***!"],
  ["http://h/api/v1/blob?expires=5&signature=ab%2Bc#x", "http://h/api/v1/blob?expires=5&signature=***#x"],
  [
    "https://s3/b?X-Amz-Credential=AK%2F1&X-Amz-Signature=f0&X-Amz-Date=2",
    "https://s3/b?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Date=2",
  ],
  ["https://wf.test/hooks/abc123?x=1", "https://wf.test/hooks/***?x=1"],
  ["https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/***"],
  ["postgres://ada:hunter2@db/x", "postgres://***@db/x"],
  ["https://id.test/back?code=4/0A&state=s", "https://id.test/back?code=***&state=s"],
  ["/api/v1/hooks?workflow=deploy", "/api/v1/hooks?workflow=deploy"],
  ["nothing to hide: key=1", "nothing to hide: key=1"],
])("of the text %s %s stays", (text, left) => {
  expect(maskText(text)).toBe(left)
})

test("of JSON nothing stays of what is a secret by its name, however deep, and all else does", () => {
  const given = {
    password: "hunter2",
    nested: [{ access_token: "x", refresh_token: { a: ["deep"] }, token_type: "Bearer" }],
    value: "s3cret",
    code: "auth.forbidden",
    next_cursor: null,
    token: null,
    url: "https://wf.test/hooks/abc",
    keys: { key: "concurrency" },
  }
  expect(maskValue(given)).toEqual({
    password: "***",
    nested: [{ access_token: "***", refresh_token: "***", token_type: "Bearer" }],
    value: "***",
    code: "auth.forbidden",
    next_cursor: null,
    token: null,
    url: "https://wf.test/hooks/***",
    keys: { key: "concurrency" },
  })
  expect(maskValue({ code: "4/0A", code_verifier: "v" })).toEqual({ code: "***", code_verifier: "***" })
})

test("what is nested without end has one", () => {
  let deep: unknown = "wft_abcdefgh"
  for (let depth = 0; depth < 5_000; depth += 1) deep = [deep]
  expect(JSON.stringify(maskValue(deep))).toContain("***")
})
