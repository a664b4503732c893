import { expect, test } from "bun:test"
import { addressOf, knowPeers, passPeer } from "./address.ts"
import { serveHttp } from "./serve.ts"

const from = (peer: string | undefined, forwarded?: string, has_gateway = true) => {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded }
  const request = new Request("http://wf.test/", { headers })
  const forget = knowPeers({ peerOf: (asked) => (asked === request ? peer : undefined), has_gateway })
  const address = addressOf(request)
  forget()
  return address
}

test("who comes from outside is believed nothing about where they come from", () => {
  for (const peer of ["203.0.113.9", "2001:db8::7"]) expect(from(peer, "198.51.100.1")).toBe(peer)
})

test("the gateway's own word counts, and not what the caller wrote before it", () => {
  for (const peer of [
    "127.0.0.1",
    "10.1.2.3",
    "172.20.0.4",
    "192.168.1.1",
    "::1",
    "::ffff:10.0.0.1",
    "fd00::1",
  ])
    expect(from(peer, "198.51.100.1, 203.0.113.9")).toBe("203.0.113.9")
})

test("where there is no gateway, nobody is believed, not even who calls from this machine", () => {
  for (const peer of ["127.0.0.1", "::1", "10.1.2.3"]) expect(from(peer, "203.0.113.9", false)).toBe(peer)
})

test("without a word that is an address, it is the peer's; without a peer it isn't known", () => {
  for (const word of [undefined, "", "unknown", "<script>", "1".repeat(50)])
    expect(from("127.0.0.1", word)).toBe("127.0.0.1")
  expect(from(undefined, "203.0.113.9")).toBeUndefined()
  expect(addressOf(new Request("http://wf.test/"))).toBeUndefined()
})

test.each([
  [true, "203.0.113.9"],
  [false, "127.0.0.1"],
])(
  "it is asked of the server that has the request, also after its body was read, and of one made anew of it (gateway: %p)",
  async (has_gateway, address) => {
    const server = serveHttp(
      async (request) => {
        await request.text()
        const made = new Request("http://wf.test/", { headers: request.headers })
        passPeer(request, made)
        const known = [addressOf(request), addressOf(made), addressOf(new Request(request.url))]
        return Response.json(known.map((one) => one ?? null))
      },
      { host: "127.0.0.1", port: 0, has_gateway },
    )
    try {
      const answer = await fetch(`http://127.0.0.1:${server.port}/`, {
        method: "POST",
        headers: { "x-forwarded-for": "203.0.113.9" },
        body: "text",
      })
      expect(await answer.json()).toEqual([address, address, null])
    } finally {
      await server.stop()
    }
  },
)
