import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The gateway puts a new value in its place with each answer (Content-Security-Policy, "nonces"). */
const NONCE = '__PENUMBRA_NONCE__';

export default defineConfig({
  root: import.meta.dirname,
  base: '/_/',
  plugins: [react()],
  html: { cspNonce: NONCE },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    // The policy allows no data: URLs but for images.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
