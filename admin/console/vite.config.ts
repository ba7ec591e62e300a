// Builds the panel into admin/console/dist. Every script, style, font and worker is a file of our own origin,
// so that the page runs under `script-src 'self'` and without any network but the server's.
import { defineConfig } from 'vite';

// The map's worker ships as .mjs, which some static servers hand out without a script's media type.
const servable = (name = '') => `assets/[name]-[hash]${name.endsWith('.mjs') ? '.js' : '[extname]'}`;

export default defineConfig({
  root: new URL('./panel', import.meta.url).pathname,
  base: '/panel/',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: URL would need a wider font-src and img-src
    modulePreload: { polyfill: false }, // the polyfill is an inline script
    chunkSizeWarningLimit: 1400, // maplibre-gl alone is 1.1 MB; it is loaded after the figures
    rollupOptions: {
      output: { assetFileNames: (asset) => servable(asset.names[0]) },
    },
  },
});
