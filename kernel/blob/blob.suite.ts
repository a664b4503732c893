import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { until } from "#kernel/testing/until.ts"
import type { Blob as BlobStore, Presign } from "./blob.ts"

export type BlobHouse = {
  readonly blob: BlobStore
  /** The keys of all that is stored, unfinished uploads included. */
  kept(): Promise<readonly string[]>
  close(): Promise<void>
}

const limits = { content_type: "text/plain", max_bytes: 1_000 }
const mib = 1024 ** 2

const streamOf = (text: string): ReadableStream<Uint8Array> => new Response(text).body ?? new ReadableStream()

const textOf = async (opened: { body: ReadableStream<Uint8Array> } | undefined) =>
  opened && new Response(opened.body).text()

/** Pieces of a mebibyte, made as they are asked for. */
const manyBytes = (count: number, fails = false): ReadableStream<Uint8Array> => {
  let made = 0
  return new ReadableStream(
    {
      pull(controller) {
        made += 1
        if (made <= count) controller.enqueue(new Uint8Array(mib).fill(made % 256))
        else if (fails) controller.error(new Error("the sender is gone"))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** What is not garbage, which a process with much of anything collects late. */
const heldBytes = (): number => {
  Bun.gc(true)
  return process.memoryUsage.rss()
}

const download: Presign = {
  key: "signed/one",
  method: "GET",
  expires_s: 60,
  content_type: "text/csv",
  file_name: "größe.csv",
}

/** What every adapter of the port must do. */
export const blobSuite = (name: string, open: () => Promise<BlobHouse>): void => {
  describe(name, () => {
    let house: BlobHouse
    beforeAll(async () => {
      house = await open()
    }, 900_000)
    afterAll(() => house.close())
    storing(() => house)
    refusing(() => house)
    signing(() => house)
  })
}

const storing = (house: () => BlobHouse): void => {
  test("what is put is found under its key, with its size and checksum", async () => {
    const { blob } = house()
    const stored = await blob.put("kept/one", streamOf("hello"), limits)
    const sha256 = createHash("sha256").update("hello").digest("hex")
    expect(stored).toEqual({ size_bytes: 5, sha256 })
    const opened = await blob.open("kept/one")
    expect(opened?.size_bytes).toBe(5)
    expect(await textOf(opened)).toBe("hello")
    expect(await blob.open("kept/other")).toBeUndefined()
  })

  test("what is put again replaces what was there", async () => {
    const { blob } = house()
    await blob.put("kept/again", streamOf("first"), limits)
    await blob.put("kept/again", streamOf("second"), limits)
    expect(await textOf(await blob.open("kept/again"))).toBe("second")
  })

  test("an empty object is an object", async () => {
    const { blob } = house()
    expect((await blob.put("kept/empty", streamOf(""), limits)).size_bytes).toBe(0)
    const opened = await blob.open("kept/empty")
    expect([opened?.size_bytes, await textOf(opened)]).toEqual([0, ""])
  })

  test("a range is answered with its bytes and the size of the whole", async () => {
    const { blob } = house()
    await blob.put("kept/range", streamOf("0123456789"), limits)
    const read = async (range: { start: number; end?: number }) => {
      const opened = await blob.open("kept/range", range)
      return [opened?.size_bytes, await textOf(opened)]
    }
    expect(await read({ start: 2, end: 4 })).toEqual([10, "234"])
    expect(await read({ start: 7 })).toEqual([10, "789"])
    expect(await read({ start: 8, end: 99 })).toEqual([10, "89"])
    expect(await read({ start: 10 })).toEqual([10, ""])
    expect(await blob.open("kept/none", { start: 10 })).toBeUndefined()
  })

  test("a moved object has its new key only, and moving it again is fine", async () => {
    const { blob } = house()
    await blob.put("staging/one", streamOf("moved"), limits)
    await blob.move("staging/one", "objects/one")
    await blob.move("staging/one", "objects/one")
    expect(await blob.open("staging/one")).toBeUndefined()
    expect(await textOf(await blob.open("objects/one"))).toBe("moved")
    await expect(blob.move("staging/none", "objects/none")).rejects.toThrow()
  })

  test("objects are removed, and those that are not there passed over", async () => {
    const { blob } = house()
    await blob.put("gone/one", streamOf("1"), limits)
    await blob.put("gone/two", streamOf("2"), limits)
    await blob.remove([])
    await blob.remove(["gone/one", "gone/none", "gone/two"])
    await blob.remove(["gone/one"])
    expect(await blob.open("gone/one")).toBeUndefined()
    expect(await blob.open("gone/two")).toBeUndefined()
  })

  test("a large object passes through in bounded memory, both ways", async () => {
    const { blob } = house()
    const large = { ...limits, max_bytes: 1_000 * mib }
    await blob.put("large/first", manyBytes(20), large)
    const before_bytes = heldBytes()
    let peak_bytes = before_bytes
    const looking = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        look(bytes)
        controller.enqueue(bytes)
      },
    })
    let seen = 0
    const look = (bytes: Uint8Array) => {
      const before = Math.floor(seen / (25 * mib))
      seen += bytes.byteLength
      if (Math.floor(seen / (25 * mib)) > before) peak_bytes = Math.max(peak_bytes, heldBytes())
    }
    const stored = await blob.put("large/one", manyBytes(200).pipeThrough(looking), large)
    const hash = createHash("sha256")
    const opened = await blob.open("large/one")
    for await (const bytes of opened?.body ?? []) {
      hash.update(bytes)
      look(bytes)
    }
    expect(stored.size_bytes).toBe(200 * mib)
    expect(hash.digest("hex")).toBe(stored.sha256)
    expect(peak_bytes - before_bytes).toBeLessThan(120 * mib)
    await blob.remove(["large/first", "large/one"])
  }, 60_000)
}

const refusing = (house: () => BlobHouse): void => {
  test("a stream that fails leaves nothing, whether it was short or long", async () => {
    const { blob, kept } = house()
    const large = { ...limits, max_bytes: 100 * mib }
    const before = await kept()
    for (const count of [1, 20]) {
      await expect(blob.put("broken/one", manyBytes(count, true), large)).rejects.toThrow("sender is gone")
    }
    expect(await blob.open("broken/one")).toBeUndefined()
    expect(await kept()).toEqual(before)
  })

  test("what is too long is refused and leaves nothing", async () => {
    const { blob, kept } = house()
    const before = await kept()
    for (const max_bytes of [1_000, 19 * mib]) {
      const put = blob.put("broken/long", manyBytes(20), { ...limits, max_bytes })
      await expect(put).rejects.toMatchObject({ code: "artifact.too_large" })
    }
    expect(await blob.open("broken/long")).toBeUndefined()
    expect(await kept()).toEqual(before)
  })

  test("what is not what was expected is refused and leaves nothing", async () => {
    const { blob, kept } = house()
    const before = await kept()
    const sha256 = createHash("sha256").update("hello").digest("hex")
    for (const expected of [{ size_bytes: 4 }, { sha256: sha256.replace(/^./, "x") }]) {
      const put = blob.put("broken/other", streamOf("hello"), { ...limits, expected })
      await expect(put).rejects.toMatchObject({ code: "artifact.damaged", status: 422 })
    }
    expect(await kept()).toEqual(before)
    const stored = await blob.put("kept/told", streamOf("hello"), {
      ...limits,
      expected: { size_bytes: 5, sha256 },
    })
    expect(stored).toEqual({ size_bytes: 5, sha256 })
  })

  test("a failed put leaves the earlier object as it was", async () => {
    const { blob } = house()
    await blob.put("broken/earlier", streamOf("earlier"), limits)
    await expect(blob.put("broken/earlier", manyBytes(1, true), limits)).rejects.toThrow()
    expect(await textOf(await blob.open("broken/earlier"))).toBe("earlier")
  })

  test("a key that leads elsewhere is a bug of the caller", async () => {
    const { blob } = house()
    for (const key of ["../up", "/root", "a//b", "a/../b", ""]) {
      expect(async () => blob.put(key, streamOf("x"), limits)).toThrow("is no blob key")
    }
  })
}

const signing = (house: () => BlobHouse): void => {
  test("a presigned link downloads the object as a file of its name and type", async () => {
    const { blob } = house()
    await blob.put(download.key, streamOf("a;b"), limits)
    const { url, method } = await blob.presign(download)
    const answer = await fetch(url, { method })
    expect([answer.status, await answer.text()]).toEqual([200, "a;b"])
    expect(answer.headers.get("content-type")).toBe("text/csv")
    expect(answer.headers.get("content-disposition")).toContain("filename*=UTF-8''gr%C3%B6%C3%9Fe.csv")
    const part = await fetch(url, { headers: { range: "bytes=1-1" } })
    expect([part.status, await part.text()]).toEqual([206, ";"])
  })

  test("a presigned upload stores the object", async () => {
    const { blob } = house()
    const { url, method, headers } = await blob.presign({ ...download, key: "signed/up", method: "PUT" })
    const answer = await fetch(url, { method, headers, body: "sent" })
    expect(answer.status).toBe(200)
    expect(await textOf(await blob.open("signed/up"))).toBe("sent")
  })

  test("an upload that was told beforehand is taken as it was told, and as nothing else", async () => {
    const { blob, kept } = house()
    const before = await kept()
    const sha256 = createHash("sha256").update("sent").digest("hex")
    const told = { ...download, key: "signed/told", method: "PUT" as const }
    const { url, method, headers } = await blob.presign({ ...told, expected: { size_bytes: 4, sha256 } })
    const statusOf = async (body: string) => (await fetch(url, { method, headers, body })).status
    for (const body of ["more", "longer", "sen", ""]) expect(await statusOf(body)).toBeGreaterThanOrEqual(400)
    expect(await kept()).toEqual(before)
    expect(await statusOf("sent")).toBe(200)
    expect(await textOf(await blob.open("signed/told"))).toBe("sent")
  })

  test("a link allows one thing: no other method, key or time, and no change to it", async () => {
    const { blob } = house()
    await blob.put(download.key, streamOf("secret"), limits)
    await blob.put("signed/two", streamOf("secret"), limits)
    const { url } = await blob.presign(download)
    const statusOf = async (changed: string, init?: RequestInit) => (await fetch(changed, init)).status
    expect(await statusOf(url)).toBe(200)
    const tampered = url.replace(
      /([Ss]ignature=)(..)/,
      (_, name, start) => `${name}${start === "00" ? "11" : "00"}`,
    )
    expect(await statusOf(tampered)).toBe(403)
    expect(await statusOf(url.replace("signed/one", "signed/two"))).toBe(403)
    expect(await statusOf(url.replaceAll(/(xpires=)\d+/g, "$1600000"))).toBe(403)
    expect(await statusOf(url.replace("text%2Fcsv", "text%2Fhtml"))).toBe(403)
    expect(await statusOf(url, { method: "PUT", body: "other" })).toBe(403)
    expect(await statusOf(url, { method: "DELETE" })).toBeGreaterThanOrEqual(400)
    expect(await textOf(await blob.open(download.key))).toBe("secret")
    const upload = await blob.presign({ ...download, method: "PUT" })
    expect(await statusOf(upload.url)).toBe(403)
  })

  test("a link is over when its time is", async () => {
    const { blob } = house()
    await blob.put(download.key, streamOf("secret"), limits)
    const { url } = await blob.presign({ ...download, expires_s: 1 })
    await until("the link is over", async () => (await fetch(url)).status === 403)
  })
}
