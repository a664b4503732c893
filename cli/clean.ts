/** C0 but tab and newline, DEL, C1, and the characters that turn the direction of writing. */
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const sequences =
  // CSI, OSC and other strings up to their end, and two-character escapes.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/gu

/** Text from a server or a task, without anything that could move the cursor or reach the clipboard. */
export const clean = (text: string): string => text.replace(sequences, "").replace(unsafe, "\ufffd")

/** The same for what has to stay on one line. */
export const cleanLine = (text: string): string => clean(text.replaceAll("\r", "")).replaceAll("\n", " ")

/** JSON that says the same, with what could turn a terminal written as escapes. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
