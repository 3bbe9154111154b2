// Runs the code in $SAYS when the first library of jsii is loaded. Standard output leads to Python by then.
const Module = require("node:module");
const load = Module._load;
let silent = true;
Module._load = (request, ...more) => {
  if (silent && String(request).includes("node_modules")) {
    silent = false;
    eval(process.env.SAYS);
  }
  return load(request, ...more);
};
