// Stands in for jsii's first process, which starts jsii's program as a second one and hands on what they say to each other.
// The program itself runs here. It speaks with Python through descriptor 3: that is standard input and output now.
const fs = require("node:fs");
const { Writable } = require("node:stream");

const { readSync, writeSync } = fs;
const PROGRAM = 3;
fs.readSync = (from, ...more) => readSync(from === PROGRAM ? 0 : from, ...more);
fs.writeSync = (to, ...more) => writeSync(to === PROGRAM ? 1 : to, ...more);

// What the program or a library prints reaches Python as a line of JSON on standard error, as from jsii's first process.
for (const name of ["stdout", "stderr"]) {
  const write = (text, encoding, done) => {
    writeSync(2, JSON.stringify({ [name]: text.toString("base64") }) + "\n");
    done();
  };
  Object.defineProperty(process, name, { value: new Writable({ write }) });
}

// Python ends it. A terminal's Ctrl-C is Python's to handle.
process.on("SIGINT", () => {});

// The program makes links to the libraries, instead of copies, where it finds this option.
process.execArgv.push("--preserve-symlinks");

require("../lib/program.js");
