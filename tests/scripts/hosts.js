// Preloaded into mongosh by the tests: the names of members resolve to the ports of the test servers, any other name to
// a port where nobody listens.
'use strict';

const net = require('net');

const ports = JSON.parse(process.env.TEST_PORTS ?? '{}');
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function connectToTestServer(...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options?.port) Object.assign(options, { host: '127.0.0.1', port: ports[`${options.host}:${options.port}`] ?? 1 });
  return connect.apply(this, args);
};
