/** Light and dark as the reader's system is; nothing is fetched. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fbfbfa; --ink: #1c1e21; --soft: #5b6169; --line: #d9dce0; --card: #ffffff;
  --warm: #2563b8; --load: #2563b8; --cold: #b45309; --failed: #c0262d; }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --ink: #e8eaed; --soft: #a3aab3; --line: #363b42; --card: #1d2024;
  --warm: #6ea8fe; --load: #6ea8fe; --cold: #f0a04b; --failed: #ff7b7b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1rem 0 .5rem; }
header p, .key, .note { color: var(--soft); font-size: .875rem; margin: .25rem 0; overflow-wrap: anywhere; }
.note { color: var(--failed); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin-bottom: .5rem; }
.name { font-weight: 600; }
.figures { color: var(--soft); font-size: .875rem; font-variant-numeric: tabular-nums; }
.failed { color: var(--failed); font-size: .875rem; }
svg { display: block; overflow: visible; font: 12px system-ui, sans-serif; }
.bar { width: 100%; height: 20px; flex-basis: 100%; }
.axis { width: 100%; height: 22px; }
.plot { display: grid; grid-template-columns: 3.25rem 1fr; }
.scale, .field { width: 100%; }
.below { display: flex; justify-content: space-between; color: var(--soft); font-size: .8125rem; }
text { fill: var(--soft); }
.grid { stroke: var(--line); }
.range { stroke: var(--soft); stroke-width: 1.5; }
.middle { stroke-width: 7; stroke-linecap: round; opacity: .45; }
.tick90 { stroke: var(--ink); stroke-width: 2; }
.stem { stroke-width: 2; opacity: .5; }
line.warm, line.load, line.gaps { stroke: var(--warm); } line.cold { stroke: var(--cold); } line.failed { stroke: var(--failed); }
circle.warm, circle.load, circle.gaps, rect.load { fill: var(--warm); } circle.cold { fill: var(--cold); } circle.failed { fill: var(--failed); }
.field circle.warm { opacity: .6; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--soft); font-weight: 500; }
li { overflow-wrap: anywhere; }
`;
