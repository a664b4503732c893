import { expect, test } from "bun:test"
import { readParts } from "./options.ts"

test("nothing asked for is nothing added", () => {
  expect(readParts([])).toEqual({})
})

test("what is asked for is what is added", () => {
  const words = ["--tls-certificate", "/c.pem", "--tls-key", "/k.pem", "--otlp", "http://collector:4318"]
  expect(readParts(words)).toEqual({
    tls: { certificate: "/c.pem", key: "/k.pem" },
    otlp_url: "http://collector:4318",
  })
})

test("what the gateway shows services is asked for with the authority", () => {
  const words = ["--rpc-tls-certificate=/c.pem", "--rpc-tls-key=/k.pem", "--rpc-tls-ca=/ca.pem"]
  expect(readParts(words)).toEqual({ rpc_tls: { certificate: "/c.pem", key: "/k.pem", ca: "/ca.pem" } })
})

test.each([
  [["--tls-certificate", "/c.pem"], "belong together"],
  [["--tls-key", "/k.pem"], "belong together"],
  [["--tls-certificate", "", "--tls-key", "/k.pem"], "--tls-certificate is empty"],
  [["--rpc-tls-certificate", "/c.pem", "--rpc-tls-key", "/k.pem"], "--rpc-tls-ca belong together"],
  [["--otlp", "collector:4318"], "--otlp must be a URL"],
  [["--otlp", "grpc://collector:4317"], "--otlp must be a URL"],
  [["--tls"], "--tls"],
  [["extra"], "extra"],
])("%p is refused", (words, message) => {
  expect(() => readParts(words)).toThrow(message)
})
