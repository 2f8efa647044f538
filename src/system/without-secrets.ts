/** The parameters of a presigned URL that are, or name, who signed it (AWS, "Authenticating Requests: Using Query Parameters"). */
const SIGNED = /(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"'<>]+/gi;
/** The user information of a URL (RFC 3986, 3.2.1). */
const USER = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@"']+@/gi;

/** A text of somebody else's, such as the message of an error, without what a URL in it may tell. */
export const withoutSecrets = (text: string): string =>
  text.replace(SIGNED, '$1(redacted)').replace(USER, '$1(redacted)@');
