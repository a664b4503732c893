// Serves the HTTP door in the bundle that is named, on Node alone. There is nothing behind the door.
import { createServer } from "node:http"
import { pathToFileURL } from "node:url"

const hollow = new Proxy(() => hollow, { get: () => hollow })

const [bundle, service] = process.argv.slice(2)
const door = Object.values(await import(pathToFileURL(bundle).href)).find((one) => typeof one === "function")
const app = door(hollow, { service, authenticate: hollow, log: hollow, metrics: hollow })

const server = createServer(async (request, response) => {
  const asked = new Request(`http://localhost${request.url}`, { method: request.method })
  const answer = await app.fetch(asked)
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.end(Buffer.from(await answer.arrayBuffer()))
})
server.listen(0, "127.0.0.1", () => {
  const { paths } = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: service, version: "1" } })
  process.stdout.write(`${JSON.stringify({ port: server.address().port, paths: Object.keys(paths) })}\n`)
})
process.stdin.on("end", () => process.exit(0)).resume()
