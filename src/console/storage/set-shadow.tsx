import { Button, Group, Paper, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useParams } from 'react-router';
import { useChangeBucket } from '../api/buckets.js';
import { Failure } from '../parts/failure.js';
import { Form } from '../parts/form.js';
import { Page } from '../parts/page.js';
import { BUCKETS } from '../paths.js';
import { NO_SHADOW, ShadowPlaceFields, ShadowUseFields, toShadowInput } from './shadow-fields.js';
import { TryShadow } from './shadow-trial.js';

/** Gives a bucket that exists the shadow that it is to move from. */
export function SetShadow() {
  const { name = '' } = useParams();
  const navigate = useNavigate();
  const change = useChangeBucket(name);
  const form = useForm({ initialValues: NO_SHADOW });
  const shadow = toShadowInput(form.values);
  const submit = form.onSubmit(() =>
    change.mutate({ shadow }, { onSuccess: () => navigate(`${BUCKETS}/${name}`) }),
  );
  return (
    <Page
      title={`Set the shadow of ${name}`}
      lead="The bucket that it is to move from. Clients see the objects of both as soon as it is set."
    >
      <Paper withBorder p="lg" radius="md" maw={840}>
        <Form onSubmit={submit}>
          <Title order={2} size="h5">
            Where it is
          </Title>
          <ShadowPlaceFields form={form} bucket={name} />
          <Title order={2} size="h5" mt="sm">
            How it is used
          </Title>
          <ShadowUseFields form={form} />
          <TryShadow trial={{ bucket: name, shadow }} />
          <Failure title="The shadow was not set" error={change.error} />
          <Group justify="space-between">
            <Button variant="default" component={Link} to={`${BUCKETS}/${name}`}>
              Cancel
            </Button>
            <Button type="submit" loading={change.isPending}>
              Set shadow
            </Button>
          </Group>
        </Form>
      </Paper>
    </Page>
  );
}
