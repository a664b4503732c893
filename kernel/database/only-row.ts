/** Of a statement that always answers with one, whatever there is. */
export const onlyRow = <Row>([row]: readonly Row[]): Row => {
  if (!row) throw new Error("A statement that always answers has no row")
  return row
}
