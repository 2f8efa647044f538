export { PACKAGE_ROOT } from '../../src/system/package-root.js';
