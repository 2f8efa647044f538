/** Header fields by lower-case name; a field that came more than once is joined with `, ` (RFC 9110, 5.3). */
export type HeaderFields = Readonly<Record<string, string>>;

/** One query parameter, percent-decoded. `?acl` and `?acl=` are both `['acl', '']`. */
export type QueryParameter = readonly [name: string, value: string];
