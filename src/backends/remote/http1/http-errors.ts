/** The request cannot be sent as it is, or its body was not what it announced: no fault of the backend. */
export class UnsendableRequest extends Error {
  override readonly name = 'UnsendableRequest';
}

/** The backend was silent for too long. */
export class SilentBackend extends Error {
  override readonly name = 'SilentBackend';
}

/** What came is no answer in HTTP/1.1 (RFC 9112), or not all of one. */
export class BadResponse extends Error {
  override readonly name = 'BadResponse';
}
