import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dir, "../..")

/** Where the shape of proto/ is kept that its clients were made for. */
export const proto_image = "tests/contracts/proto.json"

const buf = (words: readonly string[]): { readonly failure: string } => {
  // It keeps a cache in the home folder, which not every user has.
  const cache = `BUF_CACHE_DIR=${join(tmpdir(), `wf-buf-${userInfo().uid}`)}`
  const run = Bun.spawnSync(["env", cache, process.execPath, "x", "--bun", "buf", ...words], {
    cwd: join(root, "proto"),
  })
  return { failure: run.exitCode === 0 ? "" : `${run.stdout}${run.stderr}`.trim() }
}

const must = ({ failure }: { readonly failure: string }): void => {
  if (failure !== "") throw new Error(`buf: ${failure}`)
}

/** The code made from proto/, in a folder of its own, once it is written in the usual style. */
export const generateProto = (out: string): void => {
  must(buf(["lint"]))
  const local = [process.execPath, "--bun", join(root, "node_modules/.bin/protoc-gen-es")]
  const plugins = [{ local, out, opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"] }]
  must(buf(["generate", "--template", JSON.stringify({ version: "v2", plugins })]))
}

/** The shape of proto/ as it is now. */
export const protoImage = async (folder: string): Promise<string> => {
  const path = join(folder, "image.json")
  must(buf(["build", "--exclude-source-info", "-o", path]))
  return `${JSON.stringify(await Bun.file(path).json(), null, 2)}\n`
}

/** What clients made for a kept shape can't rely on any more; empty when all is well. */
export const brokenProto = (image: string): string => buf(["breaking", "--against", image]).failure
