/** An element without its prefix and attributes, which mean nothing in S3. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** One that is still being read. */
export interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: OpenElement[];
}
