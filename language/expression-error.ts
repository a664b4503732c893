/** An expression that could not be read or evaluated; `offset` is the place in it. */
export class ExpressionError extends Error {
  readonly offset: number

  constructor(message: string, offset = 0) {
    super(message)
    this.name = "ExpressionError"
    this.offset = offset
  }
}
