// Preloaded into mongosh by the tests: the names of members resolve to the ports of the test servers.
'use strict';

const net = require('net');

const ports = JSON.parse(process.env.TEST_PORTS ?? '{}');
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function connectToTestServer(...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = ports[`${options?.host}:${options?.port}`];
  if (port) Object.assign(options, { host: '127.0.0.1', port });
  return connect.apply(this, args);
};
