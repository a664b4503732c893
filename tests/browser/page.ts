import { createClient, WfProblem, WfUnreachable } from "#sdk/index.ts"

/** What a page does with the client, told by the test that reads it. */
type Told = Record<string, unknown>

const { url = "", token = "" } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))

const wf = createClient({ url, token })

const refusalOf = async (asked: Promise<unknown>): Promise<unknown> => {
  try {
    return await asked
  } catch (error) {
    if (error instanceof WfProblem) return { code: error.code, status: error.status, next: error.next }
    return error instanceof WfUnreachable ? "unreachable" : String(error)
  }
}

const follow = async (): Promise<Told> => {
  const { id } = await wf.runs.start({ workflow: "hello", inputs: { name: "browser" } })
  const types: string[] = []
  for await (const { type } of wf.runs.watch(id)) types.push(type)
  const lines: string[] = []
  for await (const { text } of wf.runs.logs(id, { follow: true, task: "greet" })) lines.push(text)
  const body = new Blob(["from a page"])
  const digest = await crypto.subtle.digest("SHA-256", await body.arrayBuffer())
  const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  await wf.artifacts.upload(id, { name: "page.txt", body, sha256 })
  const down = await wf.artifacts.download(id, "page.txt")
  const listed: string[] = []
  for await (const run of wf.runs.all({ workflow: "hello", limit: 1 })) listed.push(run.id)
  const unknown = await refusalOf(wf.runs.get("01900000-0000-7000-8000-000000000000"))
  const file = { text: await down.text(), checksum: down.headers.get("x-checksum-sha256") === sha256 }
  return { last: types.at(-1), lines, file, isListed: listed.includes(id), unknown }
}

const told = await follow().catch(async (error: unknown) => ({
  refused: await refusalOf(Promise.reject(error)),
}))
document.body.dataset.told = JSON.stringify(told)
