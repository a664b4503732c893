import { gatewayFile, readGateway } from "./configuration.ts"
import { readParts, UsageError } from "./options.ts"
import { withParts } from "./parts.ts"

const usage = `usage: bun run --silent gateway [--tls-certificate FILE --tls-key FILE] [--otlp URL]
         [--rpc-tls-certificate FILE --rpc-tls-key FILE --rpc-tls-ca FILE] > envoy.json

Prints the gateway's whole configuration for the containers of compose.yml, with what is asked for:
  --tls-certificate, --tls-key   its listener takes HTTPS only, with these PEM files
  --otlp                         it sends traces to this collector (OTLP over HTTP), as http://collector:4318
  --rpc-tls-…                    it calls services by TLS, where they have WF_RPC_TLS_…
Files are where Envoy finds them in its container.
`

const run = async () => {
  const parts = readParts(process.argv.slice(2))
  if (!parts) {
    process.stdout.write(usage)
    return
  }
  const configuration = withParts(readGateway(await gatewayFile()), parts)
  process.stdout.write(`${JSON.stringify(configuration, null, 2)}\n`)
}

try {
  await run()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}
