// Oxlint rules for what ARCHITECTURE.md says about rooms. test/cli/lint.test.ts proves that each of them fires.
import path from 'node:path';

/** What every target may build on, beside the contract. */
const SHARED = ['file-range', 'applying', 'data', 'history', 'http-reply', 'models', 'patience', 'progress', 'scratch', 'steps', 'tracebacks'];
const FOUNDATION = ['types', 'live', 'card', 'errors', 'events', 'folders', 'gzip', 'running', 'size-text', 'python-child', 'templates', 'whole-files', 'providers/provider', ...SHARED.map((name) => `providers/${name}`)];
/** In the order of the pipeline: a later stage may take the types of an earlier one, nothing else. */
const STAGES = ['inspect', 'resolve', 'compile', 'bundle', 'oci', 'release', 'verify', 'bench'];
const SDKS = [
  [/^@(aws-sdk|aws-crypto|smithy)\//, 'providers/aws'],
  [/^(@google-cloud\/|google-(gax|auth-library))/, 'providers/gcp'],
];
/** What of `process` reads or ends the caller's process. Process ids, signals to children and the platform do not. */
const AMBIENT = ['argv', 'chdir', 'cwd', 'env', 'exit', 'exitCode', 'on', 'once', 'stderr', 'stdin', 'stdout'];
/** A process of its own, started by the local target. */
const DAEMON = /^providers\/local\/daemon\//;

/** `inspect`, `providers/local`, `pipeline`, `errors`, ... for a path below src/ without its extension. */
function roomOf(inside) {
  const [first, second] = inside.split('/');
  if (first !== 'providers') return first;
  return [...SHARED, 'index', 'provider', 'sections', undefined].includes(second) ? inside : `providers/${second}`;
}

function mayImport(from, to, typeOnly) {
  if (from === to || from === 'cli') return true;
  if (FOUNDATION.includes(from)) return FOUNDATION.includes(to);
  if (FOUNDATION.includes(to)) return true;
  if (STAGES.includes(from)) return typeOnly && STAGES.includes(to) && STAGES.indexOf(to) < STAGES.indexOf(from);
  if (from === 'config') return to === 'providers/index' || to === 'providers/sections';
  // facts.ts words what the stages made; like them it knows only values.
  if (from === 'pipeline') return STAGES.includes(to) || to === 'facts' || to === 'providers/index';
  return (from === 'providers/index' || from === 'providers/sections') && to.startsWith('providers/');
}

function insideSrc(file) {
  const posix = file.split(path.sep).join('/');
  const at = posix.lastIndexOf('/src/');
  return at === -1 ? null : posix.slice(at + 5).replace(/\.ts$/, '');
}

const rooms = {
  create(context) {
    const inside = insideSrc(context.filename);
    if (inside === null) return {};
    const from = roomOf(inside);
    const check = (node, source, typeOnly) => {
      if (typeof source?.value !== 'string') return;
      const asked = source.value;
      if (!asked.startsWith('.')) {
        const owner = SDKS.find(([pattern]) => pattern.test(asked))?.[1];
        if (owner !== undefined && owner !== from) context.report({ node, message: `${asked} is for src/${owner} only.` });
        return;
      }
      const target = insideSrc(path.resolve(path.dirname(context.filename), asked));
      const to = target === null ? 'the world outside src' : roomOf(target);
      if (!mayImport(from, to, typeOnly)) context.report({ node, message: `${from} may not import ${to} (see ARCHITECTURE.md).` });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, node.importKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source, true),
    };
  },
};

const ambient = {
  create(context) {
    const inside = insideSrc(context.filename);
    if (inside === null || inside.startsWith('cli/') || DAEMON.test(inside)) return {};
    return {
      MemberExpression: (node) => {
        if (node.object.type !== 'Identifier' || node.object.name !== 'process') return;
        const name = node.computed ? node.property.value : node.property.name;
        if (AMBIENT.includes(name)) context.report({ node, message: `process.${name} is for src/cli; stages get a Context.` });
      },
      ImportDeclaration: (node) => {
        if (!/^(node:)?process$/.test(node.source.value)) return;
        for (const { imported, local } of node.specifiers) {
          const name = imported?.name ?? local.name;
          if (AMBIENT.includes(name)) context.report({ node, message: `process.${name} is for src/cli; stages get a Context.` });
          if (imported === undefined && name !== 'process') context.report({ node, message: 'Call process by its name.' });
        }
      },
    };
  },
};

/** Libraries that draw on a terminal. */
const terminal = {
  create(context) {
    const inside = insideSrc(context.filename);
    if (inside === null || inside.startsWith('cli/')) return {};
    const check = (node) => {
      if (/^(chalk|ora|commander|@clack\/prompts)$/.test(node.source?.value ?? '')) {
        context.report({ node, message: `${node.source.value} is for src/cli.` });
      }
    };
    return { ImportDeclaration: check, ImportExpression: check };
  },
};

export default { meta: { name: 'mlfn' }, rules: { rooms, ambient, terminal } };
