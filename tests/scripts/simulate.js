// Runs the planner against the model of world.js, many times, each time with failures of its own.
// Run: mongosh --nodb --quiet simulate.js
//
//   PLAN   the planner's file
//   SEED   seed of the first run; each further run counts on (1)
//   RUNS   how many (1000)
//
// Prints one JSON line with what was seen, or the table of a failing run, cut down to the failures it needs.
// Exit codes: 0 every run holds; 1 one fails.
'use strict';

const path = require('path');
const { run } = require(path.join(__dirname, 'run.js'));
const { assess, plan } = require(process.env.PLAN);

const first = Number(process.env.SEED ?? 1);
const runs = Number(process.env.RUNS ?? 1000);

// Leaves out one failure after the other for as long as the same rule is still broken.
function minimise(seed, found) {
  let best = found;
  for (let index = 0; index < best.script.length; ) {
    const script = best.script.filter((_, position) => position !== index);
    const shorter = run(seed, { assess, plan, script });
    if (shorter.broken?.rule === best.broken.rule) best = shorter;
    else index += 1;
  }
  return best;
}

function table(seed, { from, to, broken, script }) {
  const { rows } = run(seed, { assess, plan, script, keepRows: true });
  const lines = rows.map(({ tick, what, states, config }) =>
    `${String(tick).padStart(4)} | ${states} | ${config.padEnd(20)} | ${what}`);
  return [
    `seed ${seed}: ${broken.rule}: ${broken.what} (${from} -> ${to} members, failures: ${script.length})`,
    'tick | 01234567 | configuration        | what (P primary, S secondary, o other, . down)',
    ...lines,
  ].join('\n');
}

function main() {
  const seen = {};
  for (let seed = first; seed < first + runs; seed += 1) {
    const result = run(seed, { assess, plan });
    if (result.broken) {
      console.log(table(seed, minimise(seed, result)));
      return 1;
    }
    for (const [what, count] of Object.entries(result.seen)) seen[what] = (seen[what] ?? 0) + count;
  }
  console.log(JSON.stringify({ first, runs, seen }));
  return 0;
}

process.exit(main());
