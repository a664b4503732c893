import { beforeAll, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"
import { sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-artifacts-"))

const definition = `name: keeps
tasks:
  make:
    run: |
      mkdir -p out
      printf 'a,b\\n1,2\\n' > out/rows.csv
      printf 'plain' > note.txt
      printf 'not kept' > other.txt
    artifacts: ["out/*.csv", "note.txt"]
`

const started = async (): Promise<string> => {
  const path = join(folder, "keeps.yml")
  writeFileSync(path, definition)
  const run_id = (await it.wf(["run", path, "--detach"])).stdout.trim()
  expect((await it.wf(["watch", run_id])).code).toBe(0)
  return run_id
}

test("the files that a task declares are listed, and come down as they were", async () => {
  const run_id = await started()
  const listed = await it.wf(["artifacts", "list", run_id])
  expect(
    listed.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t").slice(0, 3)),
  ).toEqual([
    ["note.txt", "make", "5"],
    ["out/rows.csv", "make", "8"],
  ])
  expect((await it.wf(["artifacts", "download", run_id, "out/rows.csv", "-o", "-"])).stdout).toBe(
    "a,b\n1,2\n",
  )
  const target = join(folder, "all")
  expect((await it.wf(["artifacts", "download", run_id, "--all", "-o", target])).code).toBe(0)
  expect(readFileSync(join(target, "out/rows.csv"), "utf8")).toBe("a,b\n1,2\n")
  expect(existsSync(join(target, "other.txt"))).toBe(false)
})

test("a person's file goes up, comes down whole, and can be replaced and removed", async () => {
  const run_id = await started()
  const path = join(folder, "report.bin")
  const bytes = crypto.getRandomValues(new Uint8Array(60_000))
  writeFileSync(path, bytes)
  expect((await it.wf(["artifacts", "upload", run_id, path])).code).toBe(0)
  const back = await (await it.client.artifacts.download(run_id, "report.bin")).bytes()
  expect(Buffer.compare(back, bytes)).toBe(0)
  writeFileSync(path, "shorter")
  expect((await it.wf(["artifacts", "upload", run_id, path])).code).toBe(0)
  expect((await it.wf(["artifacts", "download", run_id, "report.bin", "-o", "-"])).stdout).toBe("shorter")
  await it.client.artifacts.remove(run_id, "report.bin")
  expect((await it.wf(["artifacts", "download", run_id, "report.bin"])).code).toBe(5)
})

test("a file is never shown as a page, and a range of it can be had", async () => {
  const run_id = await started()
  await it.client.artifacts.upload(run_id, {
    name: "page.html",
    body: new Blob(["<script>1</script>"]),
    content_type: "text/html",
  })
  const whole = await it.client.artifacts.download(run_id, "page.html")
  expect(whole.headers.get("content-disposition")).toStartWith("attachment")
  expect(whole.headers.get("x-content-type-options")).toBe("nosniff")
  const headers = { authorization: `Bearer ${it.token}`, range: "bytes=1-6" }
  const part = await fetch(`${it.url}/api/v1/runs/${run_id}/artifacts/page.html`, { headers })
  expect([part.status, await part.text()]).toEqual([206, "script"])
})

test("a file that the caller has isn't sent again, and a part of another file than theirs isn't taken for it", async () => {
  const run_id = await started()
  const address = `${it.url}/api/v1/runs/${run_id}/artifacts/note.txt`
  const get = (headers: Record<string, string>) =>
    fetch(address, { headers: { authorization: `Bearer ${it.token}`, ...headers } })
  const etag = (await get({})).headers.get("etag") ?? ""
  expect((await get({ "if-none-match": `"other", ${etag}` })).status).toBe(304)
  expect((await get({ "if-none-match": '"other"' })).status).toBe(200)
  const part = await get({ range: "bytes=1-", "if-range": etag })
  expect([part.status, await part.text()]).toEqual([206, "lain"])
  const whole = await get({ range: "bytes=1-", "if-range": '"other"' })
  expect([whole.status, await whole.text()]).toEqual([200, "plain"])
})

test("a download that broke off goes on where it ended", async () => {
  const run_id = await started()
  const target = join(folder, "resumed.txt")
  const [{ sha256 = "" } = {}] = (await it.client.artifacts.list(run_id, { name: "note.txt" })).items
  const draft = `${target}.${sha256.slice(0, 12)}.part`
  writeFileSync(draft, "pla")
  expect((await it.wf(["artifacts", "download", run_id, "note.txt", "-o", target])).code).toBe(0)
  expect(readFileSync(target, "utf8")).toBe("plain")
  rmSync(target)
  writeFileSync(draft, "xyz")
  const damaged = await it.wf(["artifacts", "download", run_id, "note.txt", "-o", target])
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining("its checksum differs")])
  expect(existsSync(draft)).toBe(false)
  expect((await it.wf(["artifacts", "download", run_id, "note.txt", "-o", target])).code).toBe(0)
})

/** The platform, but of a file only its first half comes, and then nothing more. */
const stalling = () =>
  Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0 },
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const headers = { authorization: request.headers.get("authorization") ?? "" }
      const answer = await fetch(`${it.url}${pathname}${search}`, { headers })
      const body = await answer.bytes()
      if (!pathname.endsWith("/big.bin")) return new Response(body)
      const half = body.slice(0, body.length / 2)
      const begun_ms = performance.now()
      const pieces = [half.slice(0, -1_024), half.slice(-1_024)]
      const slow = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const piece = pieces.shift()
          if (!piece) return new Promise(() => undefined)
          if (pieces.length === 0) await until("it takes a while", () => performance.now() - begun_ms > 500)
          controller.enqueue(piece)
        },
      })
      return new Response(slow, {
        headers: { "x-checksum-sha256": answer.headers.get("x-checksum-sha256") ?? "" },
      })
    },
  })

test("at a terminal one sees how far it is; what was interrupted goes on by the same command", async () => {
  const run_id = await started()
  const bytes = crypto.getRandomValues(new Uint8Array(64 * 1024))
  await it.client.artifacts.upload(run_id, { name: "big.bin", body: bytes })
  const target = join(folder, "interrupted/")
  const words = ["artifacts", "download", run_id, "big.bin", "-o", target]
  const server = stalling()
  const url = `http://127.0.0.1:${server.port}`
  const at = sitAt({ url, token: it.token }, words, { columns: 200, rows: 24 })
  await at.shows(/^big\.bin {2}█{8}░{8} {2}50 % {2}32\.0 KiB of 64\.0 KiB/m)
  at.press("\u0003")
  expect(await at.ended).toBe(130)
  await at.shows("is not finished: the same command goes on with it.")
  await server.stop(true)
  const [draft = ""] = readdirSync(target)
  expect(statSync(join(target, draft)).size).toBe(32 * 1024)
  const again = await it.wf(words)
  expect([again.code, again.stdout, again.stderr]).toEqual([0, `${join(target, "big.bin")}\n`, ""])
  expect(readdirSync(target)).toEqual(["big.bin"])
  expect(Buffer.compare(readFileSync(join(target, "big.bin")), bytes)).toBe(0)
  const { mtimeMs } = statSync(join(target, "big.bin"))
  expect((await it.wf(words)).code).toBe(0)
  expect(statSync(join(target, "big.bin")).mtimeMs).toBe(mtimeMs)
})

test("at a terminal a text is shown without what could steer it, and what is no text isn't", async () => {
  const run_id = await started()
  const evil = "one\r\n\u001b]52;c;ZXZpbA==\u0007\u001b[2Jtwo\n"
  await it.client.artifacts.upload(run_id, { name: "evil.txt", body: new Blob([evil]) })
  await it.client.artifacts.upload(run_id, { name: "no.bin", body: new Uint8Array([104, 105, 0, 255]) })
  const show = (name: string) =>
    sitAt(it, ["artifacts", "download", run_id, name, "-o", "-"], { columns: 80, rows: 24 })
  const text = show("evil.txt")
  expect(await text.ended).toBe(0)
  expect(text.left().slice(0, 2)).toEqual(["one", "two"])
  expect(text.written()).not.toMatch(/\u001b|ZXZpbA/)
  const other = show("no.bin")
  expect(await other.ended).toBe(2)
  await other.shows("no.bin is not text. Save it with `-o FILE`, or pass it on in a pipe.")
  expect((await it.wf(["artifacts", "download", run_id, "evil.txt", "-o", "-"])).stdout).toBe(evil)
})

test("a file comes and goes by links without a token, and is counted", async () => {
  const run_id = await started()
  const before = await it.client.artifacts.usage()
  const path = join(folder, "sent.csv")
  writeFileSync(path, "a;b\n1;2\n")
  const made = await it.wf(["artifacts", "presign", run_id, "in/sent.csv", "--put", path, "--json"])
  const { url, method, headers } = JSON.parse(made.stdout)
  const send = async (body: string) => (await fetch(url, { method, headers, body })).status
  expect(await send("a;b\n1;3\n")).toBeGreaterThanOrEqual(400)
  expect(await send("a;b\n1;2\n")).toBe(200)
  const listed = await it.wf(["artifacts", "list", run_id, "--name", "in/*"])
  expect(listed).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^in\/sent\.csv\t\t8\t/),
  })
  const { stdout: link } = await it.wf(["artifacts", "presign", run_id, "in/sent.csv", "--expires", "1m"])
  expect(await (await fetch(link.trim())).text()).toBe("a;b\n1;2\n")
  expect((await fetch(link.trim(), { method: "PUT", body: "x" })).status).toBe(403)
  const used = (await it.wf(["artifacts", "usage"])).stdout.trim().split("\t").map(Number)
  expect(used.slice(0, 2)).toEqual([before.files + 1, before.bytes + 8])
  const presign = async (body: Record<string, unknown>) => {
    const headers = { authorization: `Bearer ${it.token}`, "content-type": "application/json" }
    const path = `${it.url}/api/v1/runs/${run_id}/artifacts/in/sent.csv/presign`
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })
    return [answer.status, ((await answer.json()) as { detail?: string }).detail]
  }
  // Nobody gets a link that is good for longer than they meant, since they misspelt how long that is.
  expect(await presign({ expires: "1m" })).toEqual([422, expect.stringContaining("expires")])
  expect(await presign({ method: "PUT" })).toEqual([422, expect.stringMatching(/^size_bytes: /)])
  const ofTask = await it.wf(["artifacts", "list", run_id, "--task", "make"])
  expect(ofTask.stdout.split("\n").filter(Boolean)).toHaveLength(2)
})

test("names that would leave their folder are refused", async () => {
  const run_id = await started()
  for (const name of ["../up", "a/../../up", "a//b", "/etc/passwd"]) {
    const put = await fetch(`${it.url}/api/v1/runs/${run_id}/artifacts/${encodeURIComponent(name)}`, {
      method: "PUT",
      body: "x",
      headers: { authorization: `Bearer ${it.token}` },
    })
    expect([400, 404, 422]).toContain(put.status)
  }
  expect((await it.client.artifacts.list(run_id)).items.map((artifact) => artifact.name)).toEqual([
    "note.txt",
    "out/rows.csv",
  ])
})

test("all pages of a run's files are listed, and come down", async () => {
  const path = join(folder, "many.yml")
  writeFileSync(
    path,
    `name: many
tasks:
  make:
    run: for n in $(seq 100 349); do echo $n > $n.txt; done
    artifacts: ["*.txt"]
`,
  )
  const run_id = (await it.wf(["run", path, "--detach"])).stdout.trim()
  expect((await it.wf(["watch", run_id])).code).toBe(0)
  const names = Array.from({ length: 250 }, (_, index) => `${index + 100}.txt`)
  const listed = (await it.wf(["artifacts", "list", run_id, "--all"])).stdout.trim().split("\n")
  expect(listed.map((line) => line.split("\t")[0] ?? "")).toEqual(names)
  expect((await it.wf(["artifacts", "download", run_id, "349.txt", "-o", "-"])).stdout).toBe("349\n")
  const target = join(folder, "many")
  expect((await it.wf(["artifacts", "download", run_id, "--all", "-o", target])).code).toBe(0)
  expect(readdirSync(target).sort()).toEqual(names)
  const missing = await it.wf(["artifacts", "download", run_id, "nothing.txt"])
  expect([missing.code, missing.stderr]).toEqual([5, expect.stringContaining("… and 200 more")])
})

test("a task that keeps another's name with other content fails for good, and is told whose it is", async () => {
  const path = join(folder, "taken.yml")
  writeFileSync(
    path,
    `name: taken
tasks:
  make:
    run: echo 1 > out.csv
    artifacts: [out.csv]
  same:
    needs: [make]
    fetch: [out.csv]
    run: cat out.csv
    artifacts: ["*.csv"]
  sort:
    needs: [same]
    run: echo 2 > out.csv
    artifacts: [out.csv]
    retries: { max_retries: 3, initial: 10s }
`,
  )
  const ended = await it.wf(["run", path, "--json"])
  const { tasks } = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "{}") as {
    tasks: {
      task: string
      status: string
      attempt: number
      error: { code: string; message: string } | null
    }[]
  }
  expect(tasks.map(({ task, status, attempt }) => [task, status, attempt])).toEqual([
    ["make", "completed", 1],
    ["same", "completed", 1],
    ["sort", "failed", 1],
  ])
  expect(tasks.at(-1)?.error).toMatchObject({
    code: "artifact.name_taken",
    message: expect.stringContaining('The task make of this run has kept "out.csv"'),
  })
})
