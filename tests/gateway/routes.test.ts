import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { rm } from "node:fs/promises"
import { get } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runCommand } from "#deploy/engines/command.ts"
import { envoy } from "#deploy/engines/envoy.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { createOwnedFolder } from "#deploy/engines/owned-folder.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { withFilesHere } from "#deploy/stack/configuration.ts"
import { serviceNames } from "#deploy/stack/services.ts"
import { hollowApps } from "#services/all/doors.ts"
import { clusters, credential, type Gateway, startGateway } from "./given.ts"

/** What the contract promises beyond what is built, and what only looks like something else. */
const promised = `
GET /api/v1/auth/sessions iam
POST /api/v1/auth/device/code iam
GET /api/v1/auth/oidc/callback?code=x&iss=https%3A%2F%2Flogin.example.com iam
POST /api/v1/workspaces/x/members iam
POST /api/v1/invites/accept iam
GET /api/v1/audit iam
GET /.well-known/jwks.json iam
GET /account/verify?token=x iam
GET /device?user_code=x iam
POST /device iam
POST /account/reset iam
POST /api/v1/runs workflow
POST /api/v1/runs?x=1 workflow
GET /api/v1/schedules workflow
PUT /api/v1/secrets/NAME workflow
POST /hooks/token workflow
POST /api/workflows workflow
POST /api/workflows/x/start workflow
POST /api/tasks workflow
POST /api/dependencies workflow
GET /api/v1/runs scheduler
GET /api/v1/runs/x scheduler
POST /api/v1/runs/x/cancel scheduler
POST /api/v1/runs/x/rerun scheduler
POST /api/v1/runs/x/signals/logs scheduler
POST /api/v1/runs/x/tasks/artifacts/approve scheduler
GET /api/v1/runs/x/events scheduler
GET /api/v1/approvals?yours=true scheduler
POST /api/v1/jobs/batch scheduler
POST /api/v1/jobs/x/cancel scheduler
POST /api/v1/dead-letters/replay scheduler
GET /api/v1/queues scheduler
POST /api/v1/workers/claim scheduler
GET /api/v1/runs/x/logs?follow=true metadata
GET /api/v1/logs/search metadata
GET /api/v1/executions/stats metadata
GET /api/v1/runs/x/artifacts artifact
HEAD /api/v1/runs/x/artifacts/a/b.txt artifact
GET /api/v1/runs/x/artifacts/a%2Fb.txt artifact
PUT /api/v1/runs/x/artifacts/logs artifact
GET /api/v1/subscriptions notification
GET /api/v1/deliveries notification
PATCH /api/v1/notifications/x/read notification
GET /api/v1/notifications/stream notification
GET /api/v1/projects board
POST /api/v1/tickets/x/comments board
GET /api/v1/recurrences board
GET /blobs/objects/x?X-Amz-Signature=y s3
PUT /blobs/objects/x?X-Amz-Signature=y s3
`
const refused = `
GET /
GET /api/v1
GET /api/v1/runsx
GET /api/v1/authx/me
GET /blobs/objects/x
DELETE /blobs/objects/x?X-Amz-Signature=y
GET /metrics
GET /blobs/../stats
GET /hooks/a/b
GET /accounts
`

const linesOf = (text: string) => text.trim().split("\n")

/** Each service's own operations, with something in place of their parameters. */
const built = () =>
  Object.entries(hollowApps()).flatMap(([service, app]) => {
    const own = app.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
    const lines = own.map(({ method, path }) => {
      const filled = path.replaceAll(/:[a-z_]+\{\.\+\}/g, "some/thing").replaceAll(/:[a-z_]+/g, "x")
      return `${method} ${filled} ${service}`
    })
    return [...new Set(lines)]
  })

const routing = () => {
  let gateway: Gateway
  let url = ""

  beforeAll(async () => {
    gateway = await startGateway()
    url = gateway.url
  }, 900_000)
  afterAll(() => gateway.stop())

  const reached = async (method: string, path: string) => {
    const answer = await fetch(`${url}${path}`, { method, headers: credential, redirect: "manual" })
    await answer.body?.cancel()
    return answer.headers.get("x-stand") ?? String(answer.status)
  }

  test("every operation that is built or promised reaches its service", async () => {
    const wrong: string[] = []
    for (const line of [...built(), ...linesOf(promised)]) {
      const [method = "", path = "", service] = line.split(" ")
      const answered = await reached(method, path)
      if (answered !== service) wrong.push(`${line}, not ${answered}`)
    }
    expect(wrong).toEqual([])
  })

  test("anything else is answered by the gateway, with a problem", async () => {
    for (const line of linesOf(refused)) {
      const [method = "", path = ""] = line.split(" ")
      expect(`${line} ${await reached(method, path)}`).toBe(`${line} 404`)
    }
    const answer = await fetch(`${url}/nothing`)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(await answer.json()).toMatchObject({ status: 404, code: "request.not_found" })
  })

  test("paths are made plain before they are judged", async () => {
    // Unlike fetch, this sends the path as it is.
    const raw = (path: string) =>
      new Promise<unknown>((resolve, reject) => {
        const request = get(url, { path, headers: credential, agent: false }, (answer) => {
          answer.resume()
          resolve(answer.headers["x-path"])
        })
        request.once("error", reject)
      })
    expect(await raw("/api/v1/tokens/../runs//x/./logs")).toBe("/api/v1/runs/x/logs")
    expect(await raw("/%61pi/v1/tokens")).toBe("/api/v1/tokens")
  })

  test("headers that say who somebody is don't pass, and a credential does", async () => {
    const sent = { "x-user-id": "root", "x-wf-role": "owner", ...credential, "wf-workspace": "w" }
    const answer = await fetch(`${url}/api/v1/runs`, { headers: sent })
    const seen = Object.fromEntries(JSON.parse(answer.headers.get("x-seen") ?? "[]"))
    expect(seen).toMatchObject({ ...credential, "wf-workspace": "w" })
    expect([seen["x-user-id"], seen["x-wf-role"]]).toEqual([undefined, undefined])
    const underscored = await fetch(`${url}/api/v1/runs`, { headers: { x_user_id: "root" } })
    expect(underscored.status).toBe(400)
  })

  test("what it asks identity itself, nobody else asks through it", async () => {
    for (const path of ["/check", "/check/", "/check/api/v1/runs"]) {
      const answer = await fetch(`${url}${path}`, { headers: credential })
      expect([answer.status, answer.headers.get("x-stand")]).toEqual([404, null])
    }
  })

  test("who never ends what they have begun to say is sent away", async () => {
    const { hostname, port } = new URL(url)
    const said = await new Promise<string>((resolve) => {
      let heard = ""
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET /api/v1/runs HTTP/1.1\r\nHost: ${hostname}\r\nX-A: `),
      )
      socket.on("data", (piece) => {
        heard += piece.toString()
      })
      socket.on("error", () => undefined)
      socket.on("close", () => resolve(heard))
    })
    expect(said).toStartWith("HTTP/1.1 408")
  }, 30_000)

  test("nobody tells the gateway how often to try, how long to wait, or where they come from", async () => {
    const told = {
      "x-envoy-retry-on": "5xx",
      "x-envoy-max-retries": "100",
      "x-envoy-upstream-rq-timeout-ms": "1",
      "x-envoy-original-path": "/health",
      "x-envoy-internal": "true",
    }
    const seenWith = async (headers: Record<string, string>): Promise<Record<string, string>> => {
      const answer = await fetch(`${url}/api/v1/runs`, { headers: { ...credential, ...headers } })
      return Object.fromEntries(JSON.parse(answer.headers.get("x-seen") ?? "[]"))
    }
    const { "x-envoy-external-address": address, ...others } = await seenWith(told)
    expect(Object.keys(others).filter((name) => name.startsWith("x-envoy-"))).toEqual([])
    expect(address).toBe("127.0.0.1")
    // What it adds itself is the last word, which the services take.
    const seen = await seenWith({ "x-forwarded-for": "203.0.113.9" })
    expect(seen["x-forwarded-for"]).toMatch(/^203\.0\.113\.9, ?(?!203\.0\.113\.9)[\d.]+$/)
  })

  test("a stream is passed on as it comes", async () => {
    const answer = await fetch(`${url}/api/v1/runs/x/events`, { headers: credential })
    const reader = answer.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value)).toBe("data: first\n\n")
    await reader?.cancel()
  })

  const talk = (headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const address = `${url.replace("http", "ws")}/api/v1/notifications/stream`
      // The types are of browsers, which can send no headers.
      const socket = new WebSocket(address, { headers } as unknown as string[])
      socket.onopen = () => socket.send("hello")
      socket.onmessage = ({ data }) => {
        resolve(String(data))
        socket.close()
      }
      socket.onerror = () => resolve("refused")
    })

  test("a WebSocket is passed on where there is one, to whom identity knows", async () => {
    expect(await talk(credential)).toBe("notification heard hello")
    expect(await talk({})).toBe("refused")
  })

  test("the document is served whole, and a service that is away is a problem with a time to wait", async () => {
    const document = await fetch(`${url}/openapi.json`)
    expect(document.headers.get("content-type")).toBe("application/json")
    expect(await document.json()).toMatchObject({ openapi: "3.1.0" })
    await gateway.stopService("board")
    const answer = await fetch(`${url}/api/v1/tickets`, { headers: credential })
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"])
    expect(await answer.json()).toMatchObject({ code: "platform.unavailable" })
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
  })
}

describe.skipIf(!isUsable(envoy))("the gateway", () => {
  routing()

  test("its configuration for containers is valid to Envoy itself", async () => {
    const folder = await createOwnedFolder(tmpdir(), "wf-gateway-test")
    const root = join(import.meta.dir, "..", "..")
    const text = await Bun.file(join(root, "envoy", "envoy.yaml")).text()
    const config = join(folder, "envoy.yaml")
    await Bun.write(config, withFilesHere(text))
    await envoy.install(testCache)
    const binary = join(installedFolder(testCache, envoy), "envoy")
    await runCommand({ words: [binary, "--mode", "validate", "-c", config, "-l", "warn"] })
    await rm(folder, { recursive: true, force: true })
  })
})

test("every service with an HTTP door has its place behind the gateway", () => {
  expect(serviceNames().filter((name) => name !== "worker" && !clusters.includes(name))).toEqual([])
})
