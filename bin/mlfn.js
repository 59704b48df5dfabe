#!/usr/bin/env node
// Old Nodes must be able to parse this file and say what is needed: no static import, no syntax newer than import().
var needed = [20, 19];
var found = process.versions.node.split('.').map(Number);
if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  process.stderr.write(
    'error  mlfn needs Node ' + needed.join('.') + ' or newer; this is ' + process.version + ' (' + process.execPath + ').\n' +
      '       Install a newer Node, or put one first on PATH.\n'
  );
  process.exit(2);
} else {
  // Compiled code is kept between runs, where this Node can (22.8 and newer).
  var node = process.getBuiltinModule && process.getBuiltinModule('node:module');
  if (node && node.enableCompileCache) node.enableCompileCache();
  import('../dist/cli/start.js').then(function (cli) {
    return cli.start();
  });
}
