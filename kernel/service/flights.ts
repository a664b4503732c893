/** Those who ask for the same at once share the answer. */
export const createFlights = <Answer>() => {
  const flights = new Map<string, Promise<Answer>>()
  return (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const known = flights.get(key)
    if (known) return known
    const flight = ask().finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}
