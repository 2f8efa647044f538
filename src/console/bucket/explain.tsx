import { Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { formatBytes } from '../../cli/format.js';
import { type Explanation, useExplanation, usePresign } from '../api/objects.js';
import { CopyableBlock } from '../parts/copyable.js';
import { Card, Facts } from '../parts/facts.js';
import { Failure } from '../parts/failure.js';
import { timeWords } from '../parts/times.js';

/** Where one key lives, what became of it, and what a GET of it would do. */
export function Explain({ bucket }: { readonly bucket: string }) {
  const [search, setSearch] = useSearchParams();
  const key = search.get('key') ?? '';
  const [typed, setTyped] = useState(key);
  const { data, error, isFetching } = useExplanation(bucket, key);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSearch({ key: typed });
  };
  return (
    <Stack>
      <Group component="form" align="flex-end" onSubmit={submit}>
        <TextInput
          label="Key"
          required
          flex={1}
          miw={200}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit">Explain</Button>
      </Group>
      <Failure error={error} />
      {key !== '' && !data && isFetching && <Skeleton h={200} />}
      {data && <Told told={data} />}
    </Stack>
  );
}

const LIVES: Readonly<Record<Explanation['where'], string>> = {
  target: 'in the target alone',
  shadow: 'in the shadow alone',
  both: 'in both stores',
  neither: 'in neither store',
  unknown: 'not known: a store does not tell',
};

const ANSWERS: Readonly<Record<Explanation['get']['answer'], string>> = {
  target: 'answered by the target',
  shadow: 'answered by the shadow',
  'not-found': '404 NoSuchKey',
  unavailable: '503 ServiceUnavailable',
  'slow-down': '503 SlowDown',
};

function Told({ told }: { readonly told: Explanation }) {
  const { get, target, shadow, tombstone, provenance, compared, writes, copies } = told;
  return (
    <>
      <Card title={told.key}>
        <Facts
          facts={[
            { name: 'Lives', value: LIVES[told.where] },
            { name: 'Target', value: sideWords(target) },
            ...(shadow ? [{ name: 'Shadow', value: sideWords(shadow) }] : []),
            {
              name: 'A GET of it',
              value: `${ANSWERS[get.answer]}: ${get.why}${get.copies ? '; copies it' : ''}`,
            },
            ...(compared
              ? [
                  {
                    name: 'Compared',
                    value: `${compared.result}${compared.reason ? `: ${compared.reason}` : ''}`,
                  },
                ]
              : []),
            ...(tombstone
              ? [
                  {
                    name: 'Deleted by clients',
                    value: `${timeWords(tombstone.since)}; of the shadow: ${tombstone.shadow_delete}`,
                  },
                ]
              : []),
            ...(tombstone?.last_error
              ? [{ name: 'Why the shadow has it still', value: tombstone.last_error }]
              : []),
            ...(provenance
              ? [
                  {
                    name: 'Copied',
                    value: `by the ${provenance.copied_by} on ${provenance.gateway}, ${timeWords(provenance.copied_at)}`,
                  },
                ]
              : []),
            ...writes.map(({ mode, until }, index) => ({
              name: `Write under way ${index + 1}`,
              value: `${mode}, until ${timeWords(until)} at most`,
            })),
            ...copies.map(({ state, until }, index) => ({
              name: `Copy under way ${index + 1}`,
              value: `${state}, until ${timeWords(until)} at most`,
            })),
          ]}
        />
      </Card>
      <Metadata told={told} />
      {(get.answer === 'target' || get.answer === 'shadow') && (
        <Download bucket={told.bucket} objectKey={told.key} />
      )}
    </>
  );
}

/** Of the object that clients see. */
function Metadata({ told: { target, shadow } }: { readonly told: Explanation }) {
  const seen = target.state === 'present' ? target : shadow;
  const fields = Object.entries(seen?.metadata ?? {});
  if (fields.length === 0) return null;
  return (
    <Card title="Metadata">
      <Facts facts={fields.map(([name, value]) => ({ name, value }))} />
    </Card>
  );
}

function sideWords({ state, size, etag, last_modified, reason }: Explanation['target']): string {
  if (state === 'present')
    return `${formatBytes(size ?? 0)}, ETag ${etag}, written ${timeWords(last_modified)}`;
  return {
    absent: 'does not have it',
    'delete-marker': 'has a delete marker',
    unknown: reason ?? 'not known',
  }[state];
}

const EXPIRES_SECONDS = 3_600;

function Download({ bucket, objectKey }: { readonly bucket: string; readonly objectKey: string }) {
  const presign = usePresign(bucket);
  return (
    <Card title="Have it">
      <Stack gap="sm">
        <Group>
          {presign.data ? (
            <Button component="a" href={presign.data.url} download>
              Download
            </Button>
          ) : (
            <Button
              variant="default"
              loading={presign.isPending}
              onClick={() => presign.mutate({ key: objectKey, expires_seconds: EXPIRES_SECONDS })}
            >
              Make a link
            </Button>
          )}
          <Text size="sm" c="dimmed">
            {presign.data
              ? `Anybody who has the link can download it until ${timeWords(presign.data.expires_at)}.`
              : 'To download it, or to pass it on; it lasts for an hour. Reading it copies it, as any read does.'}
          </Text>
        </Group>
        {presign.data && <CopyableBlock label="Link" value={presign.data.url} />}
        <Failure error={presign.error} />
      </Stack>
    </Card>
  );
}
