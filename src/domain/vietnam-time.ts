// Vietnam time at every face, UTC inside (design D12). Vietnam keeps +07:00 all year.

/** `2026-11-20T08:00:00.000+07:00`: how every face writes an instant (design D12). */
export function vietnamTime(instant: Date): string {
  const shifted = new Date(instant.getTime() + 7 * 3_600_000)
  return `${shifted.toISOString().slice(0, -1)}+07:00`
}

/** The day it is in Vietnam, ISO. */
export function vietnamDay(instant: Date): string {
  return vietnamTime(instant).slice(0, 10)
}
