// Creates the Secrets that do not exist yet, each with random values, and never reads, changes or deletes one.
// Run: mongosh --nodb --quiet create-secrets.js
//
//   SECRETS             JSON list of { name, data: { key: "keyfile" | "password" } }
//   LABELS              JSON object: the labels of each Secret ({})
//   ATTEMPTS            how often an API server that does not answer is asked (30)
//   PAUSE_SECONDS       pause between two attempts (2)
//   SERVICEACCOUNT_DIR  holds token, ca.crt and namespace (/var/run/secrets/kubernetes.io/serviceaccount)
//   KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT  as every pod has them
//
// Exit codes: 0 every Secret exists; 1 one does not, and the last line says why.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const net = require('net');
const path = require('path');

const REQUEST_MILLISECONDS = 10000;

const GENERATE = {
  // 1008 characters of base64; mongod takes 6 to 1024.
  keyfile: () => crypto.randomBytes(756).toString('base64'),
  // Hexadecimal needs no encoding in a URI.
  password: () => crypto.randomBytes(32).toString('hex'),
};

// An error whose message is fit to be the last line of the log.
class Refusal extends Error {}

function parsed(env, name, fallback) {
  try {
    return JSON.parse(env[name] ?? fallback);
  } catch {
    throw new Refusal(`${name} is not JSON`);
  }
}

function settingsFrom(env) {
  const host = env.KUBERNETES_SERVICE_HOST;
  const folder = env.SERVICEACCOUNT_DIR || '/var/run/secrets/kubernetes.io/serviceaccount';
  const file = (name) => {
    const full = path.join(folder, name);
    if (!fs.existsSync(full)) throw new Refusal(`no file ${full}: the service account is not mounted`);
    return fs.readFileSync(full, 'utf8').trim();
  };
  if (!host) throw new Refusal('KUBERNETES_SERVICE_HOST is not set');
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: env.KUBERNETES_SERVICE_PORT || '443',
    namespace: file('namespace'),
    ca: file('ca.crt'),
    // Read at each attempt: the kubelet replaces it before it expires.
    token: () => file('token'),
    secrets: parsed(env, 'SECRETS', '[]'),
    labels: parsed(env, 'LABELS', '{}'),
    attempts: Number(env.ATTEMPTS || 30),
    pause: 1000 * Number(env.PAUSE_SECONDS || 2),
  };
}

function manifest({ name, data }, labels) {
  const values = Object.entries(data).map(([key, kind]) => {
    if (!Object.hasOwn(GENERATE, kind)) throw new Refusal(`${name}: nobody knows how to make a ${kind}`);
    return [key, Buffer.from(GENERATE[kind]()).toString('base64')];
  });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels },
    type: 'Opaque',
    data: Object.fromEntries(values),
  };
}

function post(settings, body) {
  const { host, port, namespace, ca, token } = settings;
  const options = {
    host,
    port,
    ca,
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/secrets`,
    headers: { Authorization: `Bearer ${token()}`, 'Content-Type': 'application/json', Accept: 'application/json' },
    timeout: REQUEST_MILLISECONDS,
    // Node.js 24 matches no IPv6 address of a certificate; every API server's has this name too.
    ...(net.isIPv6(host) && { servername: 'kubernetes.default.svc' }),
  };
  return new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode, reason: reasonIn(Buffer.concat(chunks)) }));
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('slow'), { code: 'no answer in time' })));
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

function reasonIn(body) {
  try {
    return JSON.parse(body).reason ?? '';
  } catch {
    return '';
  }
}

// Returns what happened, or null where asking again may help.
function verdict({ code, reason }, name, namespace) {
  if (code === 201) return `created ${name}`;
  // A full quota answers 409 too, with another reason.
  if (code === 409 && reason === 'AlreadyExists') return `kept ${name}`;
  if (code === 409 || code === 429 || code >= 500) return null;
  if (code === 401) throw new Refusal(`the API server does not know the token (401): ${name} was not created`);
  if (code === 403) throw new Refusal(`no right to create Secrets in ${namespace} (403): ${name} was not created`);
  throw new Refusal(`the API server refuses ${name} (${code} ${reason})`.trim());
}

async function create(secret, settings) {
  const { attempts, pause, namespace } = settings;
  const body = manifest(secret, settings.labels);
  let trouble;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const answer = await post(settings, body);
      const done = verdict(answer, secret.name, namespace);
      if (done) return console.log(done);
      trouble = `${answer.code} ${answer.reason}`.trim();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      trouble = error.code ?? error.name;
    }
    console.log(`${secret.name}: the API server answers ${trouble} (attempt ${attempt} of ${attempts})`);
    if (attempt < attempts) await new Promise((resume) => setTimeout(resume, pause));
  }
  throw new Refusal(`gave up after ${attempts} attempts: ${secret.name} was not created (${trouble})`);
}

async function main() {
  try {
    const settings = settingsFrom(process.env);
    for (const secret of settings.secrets) await create(secret, settings);
    return 0;
  } catch (error) {
    console.log(error instanceof Refusal ? error.message : `unexpected ${error.name}`);
    return 1;
  }
}

main().then((code) => process.exit(code));
