import {
  ActionIcon,
  Alert,
  AppShell,
  Burger,
  Button,
  Group,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useReducedMotion } from '@mantine/hooks';
import {
  IconBucket,
  IconHistory,
  IconKey,
  IconLogout,
  IconMoon,
  IconPlugConnectedX,
  IconProgress,
  IconRobot,
  IconServer,
  IconSun,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from 'react-router';
import { post } from './api/client.js';
import { useIsLost } from './api/connection.js';
import { endSession } from './api/query-client.js';
import { AUDIT, BACKENDS, BUCKETS, JOBS, KEYS, TOKENS } from './paths.js';

const SECTIONS = [
  {
    title: 'Storage',
    links: [
      { to: BUCKETS, label: 'Buckets', icon: IconBucket },
      { to: BACKENDS, label: 'Backends', icon: IconServer },
    ],
  },
  {
    title: 'Access',
    links: [
      { to: KEYS, label: 'Access keys', icon: IconKey },
      { to: TOKENS, label: 'Tokens', icon: IconRobot },
    ],
  },
  {
    title: 'Operation',
    links: [
      { to: JOBS, label: 'Jobs', icon: IconProgress },
      { to: AUDIT, label: 'Audit log', icon: IconHistory },
    ],
  },
] as const;

/** The frame of all screens: where one is, where one can go, light or dark, and out. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const isStill = useReducedMotion();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
      transitionDuration={isStill ? 0 : 200}
    >
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Navigation"
              aria-expanded={isOpen}
            />
            <Text fw={700}>Penumbra</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeToggle />
            <SignOut />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Settings">
        <Navigation onGone={close} />
      </AppShell.Navbar>
      <AppShell.Main>
        <Connection />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** Tells when nothing new comes any more. */
function Connection() {
  if (!useIsLost()) return null;
  return (
    <Alert
      role="alert"
      color="red"
      mb="md"
      icon={<IconPlugConnectedX aria-hidden />}
      title="The connection to the gateway is lost"
    >
      What is shown may be old. It is asked again every two seconds; all is brought up to date as soon as it
      answers.
    </Alert>
  );
}

function Navigation({ onGone }: { readonly onGone: () => void }) {
  const { pathname } = useLocation();
  return SECTIONS.map(({ title, links }) => (
    <div key={title}>
      <Text size="xs" c="dimmed" fw={600} px="sm" pt="sm" pb={4}>
        {title}
      </Text>
      {links.map(({ to, label, icon: Icon }) => (
        <NavLink
          key={to}
          component={Link}
          to={to}
          label={label}
          leftSection={<Icon size={18} aria-hidden />}
          active={pathname.startsWith(to)}
          aria-current={pathname.startsWith(to) ? 'page' : undefined}
          onClick={onGone}
        />
      ))}
    </div>
  ));
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  );
}

function SignOut() {
  const signOut = useMutation({ mutationFn: () => post('/logout'), onSuccess: endSession });
  return (
    <Button
      variant="default"
      leftSection={<IconLogout size={18} aria-hidden />}
      loading={signOut.isPending}
      onClick={() => signOut.mutate()}
    >
      Sign out
    </Button>
  );
}
