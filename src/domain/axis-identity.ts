// The axis as a sender of its own: reports to senders come from this agency and system, which no directory shows
// (migrations/0016).
export const axisAgencyId = '00000000-0000-7000-8000-000000000001'
export const axisSystemId = 'tram.axis'
