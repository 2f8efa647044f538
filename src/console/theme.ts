import { Alert, Badge, type CSSVariablesResolver, createTheme, NavLink } from '@mantine/core';

/** On a coloured ground. */
const LABEL = { color: 'var(--mantine-color-text)' };

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    Alert: Alert.extend({ styles: { label: LABEL } }),
    Badge: Badge.extend({
      defaultProps: { variant: 'outline', radius: 'sm', tt: 'none', c: LABEL.color, miw: 'max-content' },
    }),
    NavLink: NavLink.extend({ styles: { label: LABEL } }),
  },
});

/** Mantine's greys and reds of text are too faint to read for some (WCAG 2.2, 1.4.3: 4.5 to 1). */
export const readableColors: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#565d64',
    '--mantine-color-placeholder': '#6b7278',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#1864ab',
  },
  dark: {
    '--mantine-color-dimmed': '#a6a7ab',
    '--mantine-color-placeholder': '#909296',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#74c0fc',
  },
});
