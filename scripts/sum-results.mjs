// Sums what every suite left in a folder (vitest's JSON, pytest's JUnit XML) and prints the total on a line of its own.
// A suite named in SUITES that left no counts, or counted nothing, is a failure.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const SUITES = ['vitest.json', 'pytest.xml', 'page.json'];
const folder = process.argv[2];
const total = { passed: 0, failed: 0, skipped: 0 };

function fromVitest(text) {
  const report = JSON.parse(text);
  const skipped = report.numPendingTests + report.numTodoTests;
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles(report), skipped };
}

// A file that fails before its first test counts no test: count the file.
function brokenFiles(report) {
  return report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
}

function fromJUnit(text) {
  const read = (name) => Number(/<testsuite\s[^>]*>/.exec(text)?.[0].match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? NaN);
  const failed = read('failures') + read('errors');
  return { passed: read('tests') - failed - read('skipped'), failed, skipped: read('skipped') };
}

for (const suite of SUITES) {
  let counts;
  try {
    const text = readFileSync(path.join(folder, suite), 'utf8');
    counts = suite.endsWith('.json') ? fromVitest(text) : fromJUnit(text);
  } catch (error) {
    console.log(`${suite}: no counts (${error.message})`);
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  if (!(counts.passed + counts.failed > 0)) counts = { passed: 0, failed: 1, skipped: 0 };
  console.log(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);
