#!/usr/bin/env node
// Old Nodes must be able to parse this file and say what is needed: no import, no syntax that they lack.
// CommonJS (see package.json beside it), because starting Node's loader of ES modules takes as long as a tenth of Node.
var needed = [20, 19];
var found = process.versions.node.split('.').map(Number);
if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  process.stderr.write(
    'error  mlfn needs Node ' + needed.join('.') + ' or newer; this is ' + process.version + ' (' + process.execPath + ').\n' +
      '       Install a newer Node, or put one first on PATH.\n'
  );
  process.exit(2);
} else if (process.argv.length !== 3 || !write(known(process.argv[2]))) {
  // Compiled code is kept between runs, where this Node can (22.8 and newer).
  var node = require('node:module');
  if (node.enableCompileCache) node.enableCompileCache();
  require('../dist/cli/start.cjs').start();
}

/** What the command line would print, where that is known without it. The build lets it write its help for 80 columns. */
function known(word) {
  if (word === '-V' || word === '--version') return require('../package.json').version + '\n';
  if (word !== '-h' && word !== '--help') return null;
  if (process.stdout.isTTY && process.stdout.columns !== 80) return null;
  return require('node:fs').readFileSync(require('node:path').join(__dirname, '../dist/cli/help.txt'), 'utf8');
}

/** False when it cannot be written at once: the command line then says why, or waits for the reader. */
function write(text) {
  try {
    return text !== null && require('node:fs').writeSync(1, text) === Buffer.byteLength(text);
  } catch (error) {
    return error.code === 'EPIPE'; // the reader has gone
  }
}
