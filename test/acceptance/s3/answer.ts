import type { HeaderFields } from '../../../src/s3/message.js';
import { children, readXml, type XmlElement } from '../../../src/s3/xml/reader.js';

/** What came back for a request, read to its end. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: HeaderFields,
    readonly body: Buffer,
  ) {}

  get text(): string {
    return this.body.toString();
  }

  /** The document that the body is. */
  get root(): XmlElement {
    return readXml(this.body);
  }

  /** The texts of all elements at a path below the root, such as `Contents/Key`, in the order of the document. */
  texts(path: string): string[] {
    return this.elements(path).map(({ text }) => text);
  }

  /** The text of the first element at a path below the root. */
  value(path: string): string | undefined {
    return this.texts(path)[0];
  }

  elements(path: string): readonly XmlElement[] {
    return path
      .split('/')
      .reduce<readonly XmlElement[]>(
        (found, name) => found.flatMap((element) => children(element, name)),
        [this.root],
      );
  }
}
