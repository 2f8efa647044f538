import { Alert, Stack, Tabs } from '@mantine/core';
import { Copyable, CopyableBlock } from '../parts/copyable.js';

export interface ClientSettingsProps {
  readonly bucket: string;
  readonly accessKeyId: string;
  /** Known only when the key was just made. */
  readonly secretAccessKey?: string;
  /** Where clients find the gateway; where this page is from, unless the configuration says otherwise. */
  readonly endpoint?: string | null;
}

const REGION = 'auto';

/** What programs need to reach a bucket through the gateway, in their own words. */
export function ClientSettings({ bucket, accessKeyId, ...rest }: ClientSettingsProps) {
  const secret = rest.secretAccessKey ?? '<the secret of this key>';
  const endpoint = rest.endpoint ?? window.location.origin;
  const texts = settingsTexts({ bucket, accessKeyId, secret, endpoint });
  return (
    <Stack>
      {rest.secretAccessKey && (
        <Alert color="yellow" title="The secret is shown only now">
          Copy it before you leave this page. A lost one is replaced by a new access key.
        </Alert>
      )}
      <Copyable label="Endpoint" value={endpoint} />
      <Copyable label="Access key id" value={accessKeyId} />
      {rest.secretAccessKey && <Copyable label="Secret access key" value={rest.secretAccessKey} />}
      <Tabs defaultValue={texts[0]?.name ?? ''} keepMounted={false}>
        <Tabs.List>
          {texts.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {texts.map(({ name, text }) => (
          <Tabs.Panel key={name} value={name} pt="sm">
            <CopyableBlock label={`settings for ${name}`} value={text} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

interface Known {
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secret: string;
  readonly endpoint: string;
}

const settingsTexts = ({ bucket, accessKeyId, secret, endpoint }: Known) => [
  {
    name: 'Environment',
    text: [
      `export BUCKET_NAME=${bucket}`,
      `export AWS_ENDPOINT_URL_S3=${endpoint}`,
      `export AWS_REGION=${REGION}`,
      `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
      `export AWS_SECRET_ACCESS_KEY=${secret}`,
    ].join('\n'),
  },
  {
    name: 'AWS SDK',
    text: [
      "import { S3Client } from '@aws-sdk/client-s3';",
      '',
      'const s3 = new S3Client({',
      `  endpoint: '${endpoint}',`,
      `  region: '${REGION}',`,
      '  forcePathStyle: true,',
      '  credentials: {',
      `    accessKeyId: '${accessKeyId}',`,
      `    secretAccessKey: '${secret}',`,
      '  },',
      '});',
    ].join('\n'),
  },
  {
    name: 'aws cli',
    text: [
      `aws configure set aws_access_key_id ${accessKeyId} --profile ${bucket}`,
      `aws configure set aws_secret_access_key ${secret} --profile ${bucket}`,
      `aws configure set region ${REGION} --profile ${bucket}`,
      `aws --profile ${bucket} --endpoint-url ${endpoint} s3 ls s3://${bucket}/`,
    ].join('\n'),
  },
  {
    name: 'rclone',
    text: [
      `[${bucket}]`,
      'type = s3',
      'provider = Other',
      `endpoint = ${endpoint}`,
      `region = ${REGION}`,
      `access_key_id = ${accessKeyId}`,
      `secret_access_key = ${secret}`,
      'force_path_style = true',
    ].join('\n'),
  },
];
