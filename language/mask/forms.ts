/** What is shorter is found everywhere. */
const min_form_chars = 4
/** Where tools break base64 into lines. */
const base64_columns = [64, 76]

/** All texts in which a secret may come out of a task: as it is, line by line, in JSON, in an address, in base64. */
export const secretForms = (values: readonly string[]): readonly string[] => {
  const texts = values.flatMap((value) => [value, value.trim(), ...value.split(/\r?\n/)])
  const forms = [...new Set(texts)].flatMap(formsOf).filter(({ length }) => length >= min_form_chars)
  return [...new Set(forms)]
}

const formsOf = (text: string): readonly string[] => {
  if (text.length < min_form_chars) return []
  return [
    text,
    text.replaceAll("\n", "\r\n"),
    JSON.stringify(text).slice(1, -1),
    ...urlForms(text),
    ...base64Forms(new TextEncoder().encode(text)),
  ]
}

const urlForms = (text: string): readonly string[] => {
  const encoded = encodeURIComponent(text)
  // Some encode these too, some write a blank as a plus, and some write small letters.
  const strict = encoded.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const texts = [encoded, strict, encodeURI(text)].flatMap((one) => [one, one.replaceAll("%20", "+")])
  return texts.flatMap((one) => [one, one.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

/** Within something longer it stands in one of three ways; its ends are mixed with what is beside it, so they are left off. */
const base64Forms = (bytes: Uint8Array): readonly string[] => {
  const whole = base64Of(bytes)
  const forms = [whole, whole.replace(/=+$/, "")]
  for (const before of [0, 1, 2]) {
    const shifted = base64Of(new Uint8Array([...new Uint8Array(before), ...bytes])).replace(/=+$/, "")
    const first = Math.ceil((before * 8) / 6)
    const last = Math.floor(((before + bytes.length) * 8) / 6)
    forms.push(shifted.slice(first, last))
  }
  for (const columns of base64_columns) {
    if (whole.length <= columns) continue
    for (let at = 0; at < whole.length; at += columns) forms.push(whole.slice(at, at + columns))
  }
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")])
}

const base64Of = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
