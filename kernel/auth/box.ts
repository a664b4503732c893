const iv_bytes = 12

const aesKey = (key: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, ["encrypt", "decrypt"])

const settings = (iv: Uint8Array, label: string) => ({
  name: "AES-GCM",
  iv: new Uint8Array(iv),
  additionalData: new TextEncoder().encode(label),
})

/** AES-256-GCM. The label is bound to what is inside: a box moved to another row doesn't open. */
export const seal = async (key: Uint8Array, label: string, text: string): Promise<Uint8Array> => {
  const iv = crypto.getRandomValues(new Uint8Array(iv_bytes))
  const plain = new TextEncoder().encode(text)
  const sealed = await crypto.subtle.encrypt(settings(iv, label), await aesKey(key), plain)
  return new Uint8Array([...iv, ...new Uint8Array(sealed)])
}

/** Undefined when the key is another one, or the box was changed. */
export const unseal = async (
  key: Uint8Array,
  label: string,
  box: Uint8Array,
): Promise<string | undefined> => {
  const inside = new Uint8Array(box.subarray(iv_bytes))
  const opened = await crypto.subtle
    .decrypt(settings(box.subarray(0, iv_bytes), label), await aesKey(key), inside)
    .catch(() => undefined)
  return opened && new TextDecoder().decode(opened)
}
