import { platformKey } from "#kernel/auth/platform-key.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** Run as a process of its own, whose disk is small: says a line for each file that it has tried to keep. */
const [folder = "", ...sizes] = process.argv.slice(2)
const key = platformKey(Buffer.alloc(32, 1).toString("base64"))
const blob = folderBlob({ folder, key, url: "http://127.0.0.1:1", now: () => new Date() })

const mib = 1024 ** 2

const pieces = (count: number): ReadableStream<Uint8Array> => {
  let left = count
  return new ReadableStream({
    pull(controller) {
      left -= 1
      if (left < 0) controller.close()
      else controller.enqueue(new Uint8Array(mib))
    },
  })
}

const say = (line: string) => process.stdout.write(`${line}\n`)

const limits = { content_type: "text/plain", max_bytes: 100 * mib }
for (const [place, size] of sizes.entries()) {
  try {
    const { size_bytes } = await blob.put(`files/n${place}`, pieces(Number(size)), limits)
    say(String(size_bytes / mib))
  } catch (error) {
    say(error instanceof Problem ? error.message : `bug: ${error}`)
  }
}
