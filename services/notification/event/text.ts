/** Where text that others wrote is cut off. */
const cut = (text: string, max_chars: number): string =>
  text.length > max_chars ? `${text.slice(0, max_chars - 1).toWellFormed()}…` : text

/** One line, without anything that moves a cursor, hides text or turns it around. */
export const oneLine = (text: string, max_chars: number): string =>
  cut(
    text
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
      .trim(),
    max_chars,
  )

/** The same with its line breaks. */
export const someLines = (text: string, max_chars: number): string =>
  cut(
    text
      .toWellFormed()
      .split(/\r\n|\r|\n/)
      .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trimEnd())
      .join("\n"),
    max_chars,
  )
