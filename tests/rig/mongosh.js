// mongosh, all of it in the file beside this one, as Node.js compiled it before: to read and compile it anew takes more processor time
// than all that a script of the platform's does. Where it was not compiled yet, what is compiled by the end is kept.
const { existsSync, readFileSync, writeFileSync } = require("fs");
const { wrap } = require("module");
const { Script } = require("vm");

const file = `${__dirname}/bundle.js`;
const compiled = `${__dirname}/bundle.compiled`;
const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
const script = new Script(wrap(readFileSync(file, "latin1")), { filename: file, cachedData });
if (!cachedData) process.on("exit", () => writeFileSync(compiled, script.createCachedData()));
script.runInThisContext()(exports, require, module, file, __dirname);
