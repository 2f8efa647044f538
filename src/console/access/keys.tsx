import { Page } from '../parts/page.js';
import { KeyTable } from './key-table.js';

/** The access keys of all buckets. */
export function Keys() {
  return (
    <Page
      title="Access keys"
      lead="What programs sign with; each is for one bucket. New ones are made on the page of their bucket."
    >
      <KeyTable />
    </Page>
  );
}
