// Prints the counts of a vitest JSON report on one line: node summary.mjs REPORT
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
// A run that ended before its tests did is one failure.
const report = text === '' ? { numPassedTests: 0, numFailedTests: 1, testResults: [] } : JSON.parse(text);
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
);
const failed = report.numFailedTests + brokenFiles.length;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
console.log(`${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
