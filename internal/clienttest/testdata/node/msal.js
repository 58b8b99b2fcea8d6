// Gets tokens with @azure/msal-node and with @azure/identity, which uses it, and reads a page of an
// export with each: msal.js AUTHORITY CLIENT SECRET CERTIFICATE_FILE KEY_FILE PAGE.
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { ClientCertificateCredential, ClientSecretCredential } = require("@azure/identity");
const { ConfidentialClientApplication } = require("@azure/msal-node");

const [authority, clientId, clientSecret, certificateFile, keyFile, page] = process.argv.slice(2);
const certificate = new X509Certificate(readFileSync(certificateFile));
const privateKey = readFileSync(keyFile, "utf8");
const plain = (fingerprint) => fingerprint.replaceAll(":", "");

const scope = "https://api.securitycenter.microsoft.com/.default";

// Reads a page with a token, and returns the result or the error.
async function outcome(ask) {
  try {
    const reply = await fetch(page, { headers: { Authorization: `Bearer ${await ask()}` } });
    const body = await reply.json();
    return body.value ? `${body.value.length} rows` : JSON.stringify(body);
  } catch (e) {
    return `${e.errorCode ?? e.name} ${/AADSTS\d+/.exec(e.message)?.[0] ?? e.message}`;
  }
}

// Gets a token with MSAL, which needs a private authority in knownAuthorities.
async function msal(credential, settings = {}) {
  const { protocolMode, ...more } = settings;
  const app = new ConfidentialClientApplication({
    auth: { clientId, authority, knownAuthorities: [new URL(authority).host], ...credential, ...more },
    system: { protocolMode, loggerOptions: { loggerCallback: () => {} } },
  });
  return (await app.acquireTokenByClientCredential({ scopes: [scope] })).accessToken;
}

// Gets a token with a credential of @azure/identity, which takes only the host.
async function identity(Credential, secret) {
  const { origin, pathname } = new URL(authority);
  const settings = { authorityHost: origin, disableInstanceDiscovery: true };
  return (await new Credential(pathname.slice(1), clientId, secret, settings).getToken(scope)).token;
}

async function main() {
  const sha256 = { thumbprintSha256: plain(certificate.fingerprint256), privateKey, x5c: certificate.toString() };
  const sha1 = { thumbprint: plain(certificate.fingerprint), privateKey };
  const pair = { certificate: privateKey + certificate.toString() };
  console.log(JSON.stringify({
    secret: await outcome(() => msal({ clientSecret })),
    "secret, OIDC mode": await outcome(() => msal({ clientSecret }, { authority: authority + "/v2.0", protocolMode: "OIDC" })),
    certificate: await outcome(() => msal({ clientCertificate: sha256 })),
    "certificate by its SHA-1": await outcome(() => msal({ clientCertificate: sha1 })),
    "another secret": await outcome(() => msal({ clientSecret: "not+the&secret" })),
    "identity, secret": await outcome(() => identity(ClientSecretCredential, clientSecret)),
    "identity, certificate": await outcome(() => identity(ClientCertificateCredential, pair)),
    "identity, another secret": await outcome(() => identity(ClientSecretCredential, "not+the&secret")),
  }));
}

main();
