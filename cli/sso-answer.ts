import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

const path = "/signed-in"

const page = (title: string, text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`

/** What the browser shows; nothing of what it was sent with stands there. */
const pages = {
  code: page("Go on in the terminal", "wf has heard from you. This page can be closed."),
  error: page("This has not worked", "The terminal says why. This page can be closed."),
} as const

const answer = (response: ServerResponse, status: number, text: string): void => {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  }
  response.writeHead(status, headers).end(text)
}

export type SsoAnswer = {
  readonly redirect_uri: string
  readonly heard: Promise<URLSearchParams>
  close(): void
}

/** Waits on this machine for the browser that comes back from a sign-in. Who doesn't know the state is not listened to. */
export const awaitAnswer = async (state: string): Promise<SsoAnswer> => {
  const { promise: heard, resolve } = Promise.withResolvers<URLSearchParams>()
  const listen = ({ method, url = "" }: IncomingMessage, response: ServerResponse): void => {
    const [asked, query = ""] = url.split("?")
    const said = new URLSearchParams(query)
    if (method !== "GET" || asked !== path || said.get("state") !== state) {
      answer(response, 404, page("Nothing is here", "This is not the address of a sign-in."))
      return
    }
    answer(response, 200, said.has("code") ? pages.code : pages.error)
    resolve(said)
  }
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, listen)
  await new Promise<void>((ready, fail) => {
    server.once("error", fail)
    server.listen(0, "127.0.0.1", ready)
  })
  const place = server.address()
  const port = typeof place === "object" && place !== null ? place.port : 0
  return {
    redirect_uri: `http://127.0.0.1:${port}${path}`,
    heard,
    close: () => void server.close(),
  }
}
