import { expect, test } from "bun:test"
import { createClient, createRouterTransport } from "@connectrpc/connect"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { lazyTransport } from "./lazy.ts"

test("the way is looked for at the first call, and once", async () => {
  let looks = 0
  const transport = lazyTransport(() => {
    looks += 1
    return createRouterTransport((router) => void router.service(MetadataService, { appendLogs: () => ({}) }))
  })
  const client = createClient(MetadataService, transport)
  expect(looks).toBe(0)
  await client.appendLogs({})
  await client.appendLogs({})
  expect(looks).toBe(1)
})

test("a way that isn't there yet is looked for again", async () => {
  let ready = false
  const transport = lazyTransport(() => {
    if (!ready) throw new Error("not yet")
    return createRouterTransport((router) => void router.service(MetadataService, { appendLogs: () => ({}) }))
  })
  const client = createClient(MetadataService, transport)
  await expect((async () => client.appendLogs({}))()).rejects.toThrow("not yet")
  ready = true
  await client.appendLogs({})
})
