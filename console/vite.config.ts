// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// What `npm run dev` talks to: the gateway that ./farseat env names.
const gateway = process.env['FARSEAT_API'] ?? 'https://127.0.0.1:8443';

// Chunks of their own for what changes seldom, so that an update of the console does not fetch it again.
function chunkOf(id: string): string | undefined {
  if (id.includes('commonjsHelpers')) return 'react';
  if (!id.includes('/node_modules/')) return undefined;
  if (/node_modules\/(echarts|zrender)\//.test(id)) return 'charts';
  if (/node_modules\/(jssip|sdp-transform|events|debug|ms)\//.test(id)) return 'sip';
  if (/node_modules\/(react|react-dom|scheduler|tslib|react-router|react-router-dom|@remix-run)\//.test(id)) return 'react';
  return undefined;
}

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy knows no data: but for images
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    manifest: 'assets/manifest.json',
    rollupOptions: { output: { manualChunks: chunkOf } },
  },
  server: {
    proxy: {
      '/api': { target: gateway, secure: false, ws: true, changeOrigin: true, headers: { Origin: gateway } },
      '/sip': { target: gateway, secure: false, ws: true, changeOrigin: true, headers: { Origin: gateway } },
    },
  },
});
