export const isTimezone = (zone: string): boolean => {
  // Offsets such as +02:00 know nothing of summer time, and are not what an author means.
  if (zone.length > 100 || !/^[A-Za-z]/.test(zone)) return false
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
