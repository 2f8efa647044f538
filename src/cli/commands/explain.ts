import type { Command } from 'commander';
import type { ExplanationJson } from '../../gateway/admin/comparison-schemas.js';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { explanationText } from '../explanation-text.js';
import { type Io, print } from '../io.js';

export function addExplain(storage: Command, io: Io): void {
  storage
    .command('explain <name> <key>')
    .description('tell where a key lives, what became of it, and what a GET of it would do')
    .option('--json', 'print one JSON document')
    .action((name: string, key: string, { json }: { json?: true }) =>
      withAdmin(io, async (client) => {
        const query = new URLSearchParams({ key });
        const told = await client.request<ExplanationJson>('GET', `${bucketPath(name)}/explain?${query}`);
        print(io, { json: told, text: explanationText(told) }, json);
      }),
    );
}
