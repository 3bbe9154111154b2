// Answers single questions to the planner: reads a JSON list of calls from the file CASES, prints the list of results.
'use strict';

const fs = require('fs');
const planner = require(process.env.PLAN);

const cases = JSON.parse(fs.readFileSync(process.env.CASES, 'utf8'));
console.log(JSON.stringify(cases.map(({ call, args }) => planner[call](...args))));
process.exit(0);
