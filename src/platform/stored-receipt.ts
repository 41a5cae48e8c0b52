// What a stored receipt says. It is our own and came from our own table, so its signature is not checked again.

/** The payload of a compact JWS. */
export function storedPayload<T>(jws: string): T {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'))
}
