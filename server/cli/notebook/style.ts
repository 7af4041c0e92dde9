/** How a report looks: VS Code's colours in a light and a dark set, chosen by the system; tabular figures; no script. */

/** The style sheet. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #333; --muted: #616161; --page: #fff; --card: #f8f8f8; --line: #e0e0e0; --track: #ececec; --link: #005fb8;
  --time: #1a85ff; --memory: #652d90; --cpu: #388a34; --disk: #d18616;
  --ok: #2c6e29; --warn: #855f00; --crit: #c72e0f; --warn-fill: #bf8803; --crit-fill: #e51400;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #ccc; --muted: #9d9d9d; --page: #1f1f1f; --card: #252526; --line: #383838; --track: #333; --link: #4daafc;
    --time: #59a4f9; --memory: #b180d7; --cpu: #89d185; --disk: #e0a458;
    --ok: #89d185; --warn: #cca700; --crit: #f4776b; --warn-fill: #cca700; --crit-fill: #f14c4c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1120px; padding: 28px 24px 40px; background: var(--page); color: var(--text);
  font: 14px/20px system-ui, -apple-system, "Segoe UI", sans-serif; font-variant-numeric: tabular-nums;
}
a { color: inherit; text-decoration: none; }
a:hover { color: var(--link); text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1 { font-size: 24px; line-height: 32px; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 13px; font-weight: 600; color: var(--muted); margin: 32px 0 10px; }
p { margin: 0; }
.muted { color: var(--muted); }
.OK { color: var(--ok); } .WARN { color: var(--warn); } .CRIT { color: var(--crit); } .UNKNOWN { color: var(--muted); }
.verdict { margin-top: 6px; font-size: 16px; line-height: 24px; }
.verdict b { font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin-top: 20px; }
.tile, .rank, .cells, .strip { background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.tile { padding: 12px 16px 14px; border-top: 3px solid var(--ink); }
.tile dt { color: var(--muted); }
.tile dd { margin: 2px 0 0; }
.tile .big { font-size: 26px; line-height: 34px; font-weight: 600; }
.strip { padding: 14px 16px 10px; }
.strip svg { display: block; width: 100%; height: auto; }
.strip text { font: 11px system-ui, sans-serif; fill: var(--muted); }
.strip .none { fill: none; stroke: var(--line); }
.strip a:hover .hover { opacity: 1; }
.strip .hover { fill: none; stroke: var(--text); opacity: 0; }
.strip p { margin-top: 8px; }
.ranks { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; }
.rank { padding: 12px 16px; }
.rank h3 { margin: 0 0 8px; font-size: 14px; font-weight: 600; }
.rank ol { list-style: none; margin: 0; padding: 0; }
.rank li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; padding: 4px 0; }
.rank .bar { grid-column: 1 / -1; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar { position: relative; display: block; height: 6px; border-radius: 3px; background: var(--track); }
.bar i { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--ink); min-width: 2px; }
.bar i.base { opacity: .35; }
.bar i.over { border-radius: 0 3px 3px 0; }
.bar i.limit { background: var(--text); width: 2px; inset: -3px auto -3px auto; border-radius: 0; }
.bar.WARN i.over { background: var(--warn-fill); } .bar.CRIT i.over { background: var(--crit-fill); }
.row {
  display: grid; align-items: center; gap: 4px 16px; padding: 8px 16px;
  grid-template-columns: 14px minmax(120px, 1.3fr) minmax(110px, 1fr) 104px minmax(190px, 1.6fr) 100px;
}
.head { color: var(--muted); border-bottom: 1px solid var(--line); font-size: 12px; }
.cells details + details, .cells details + .gap, .cells .gap + details { border-top: 1px solid var(--line); }
.cells summary { list-style: none; cursor: pointer; }
.cells summary::-webkit-details-marker { display: none; }
.cells summary:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
.cells details:target { box-shadow: inset 3px 0 0 var(--link); }
.gap { padding: 6px 16px 6px 46px; color: var(--muted); }
.stack { display: grid; gap: 3px; min-width: 0; }
.stack small { font-size: 12px; line-height: 16px; }
.stack small:not(.CRIT) { color: var(--muted); }
.code { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
.inside { padding: 4px 16px 16px 46px; display: grid; gap: 12px; }
.inside dl { margin: 0; columns: 2 380px; column-gap: 40px; }
.inside dl div { display: grid; grid-template-columns: 1fr 84px 120px; gap: 12px; break-inside: avoid; }
.inside dd { margin: 0; overflow-wrap: anywhere; }
.inside dd:nth-of-type(1) { text-align: right; }
.inside ul { margin: 0; padding-left: 18px; }
pre {
  margin: 0; padding: 10px 12px; border: 1px solid var(--line); border-radius: 4px; background: var(--page);
  overflow-x: auto; font: 13px/18px ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; tab-size: 4;
}
footer { margin-top: 32px; color: var(--muted); display: grid; gap: 6px; max-width: 80ch; }
@media (max-width: 760px) {
  .row { grid-template-columns: 14px 1fr 1fr; }
  .row > :nth-child(4), .row > :nth-child(6) { display: none; }
  .row > :nth-child(5) { grid-column: 2 / -1; }
}
@media print { body { max-width: none; padding: 0; } details, .tile, .rank { break-inside: avoid; } }
`;
