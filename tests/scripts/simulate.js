// Runs the planner against the model of world.js, many times, each time with failures of its own.
// Run: mongosh --nodb --quiet simulate.js
//
//   PLAN   the planner's file, or several with colons between: a JSON list then has each one's text, and whether it holds
//   SEED   seed of the first run; each further run counts on (1)
//   RUNS   how many (1000)
//
// Prints one JSON line with what was seen, or the table of a failing run, cut down to the failures it needs.
// Exit codes: 0 every run holds; 1 one fails.
'use strict';

const path = require('path');
const { run } = require(path.join(__dirname, 'run.js'));

const first = Number(process.env.SEED ?? 1);
const runs = Number(process.env.RUNS ?? 1000);

// Leaves out one failure after the other for as long as the same rule is still broken.
function minimise(seed, planner, found) {
  let best = found;
  for (let index = 0; index < best.script.length; ) {
    const script = best.script.filter((_, position) => position !== index);
    const shorter = run(seed, { ...planner, script });
    if (shorter.broken?.rule === best.broken.rule) best = shorter;
    else index += 1;
  }
  return best;
}

function table(seed, planner, { from, to, broken, script }) {
  const { rows } = run(seed, { ...planner, script, keepRows: true });
  const lines = rows.map(({ tick, what, states, config }) =>
    `${String(tick).padStart(4)} | ${states} | ${config.padEnd(20)} | ${what}`);
  return [
    `seed ${seed}: ${broken.rule}: ${broken.what} (${from} -> ${to} members, failures: ${script.length})`,
    'tick | 01234567 | configuration        | what (P primary, S secondary, o other, . down)',
    ...lines,
  ].join('\n');
}

function report(file) {
  const { assess, plan } = require(file);
  const planner = { assess, plan };
  const seen = {};
  for (let seed = first; seed < first + runs; seed += 1) {
    const result = run(seed, planner);
    if (result.broken) return { holds: false, text: table(seed, planner, minimise(seed, planner, result)) };
    for (const [what, count] of Object.entries(result.seen)) seen[what] = (seen[what] ?? 0) + count;
  }
  return { holds: true, text: JSON.stringify({ first, runs, seen }) };
}

const reports = [];
for (const file of process.env.PLAN.split(':')) {
  try {
    reports.push(report(file));
  } catch (error) { // a planner that throws hides no other
    reports.push({ holds: false, text: error.stack });
  }
}
console.log(reports.length > 1 ? JSON.stringify(reports) : reports[0].text);
process.exit(reports.every(({ holds }) => holds) ? 0 : 1);
