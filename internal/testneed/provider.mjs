// A provider of OpenID Connect for tests: npm's oidc-provider with its development pages, on which any password signs
// an account in. Its argument is JSON: packages (the folder of npm's packages), port, redirects, clientSecret, idToken
// (whether claims are in the ID token, or only in UserInfo) and accounts: {"name": {"groups": [...], ...}}.
import { pathToFileURL } from 'node:url';

const asked = JSON.parse(process.argv[1]);
const { Provider } = await import(pathToFileURL(asked.packages + '/oidc-provider/lib/index.js'));
const issuer = `http://127.0.0.1:${asked.port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'muster', client_secret: asked.clientSecret, redirect_uris: asked.redirects,
    grant_types: ['authorization_code'], response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  conformIdTokenClaims: !asked.idToken,
  pkce: { required: () => true },
  cookies: { keys: ['tests only'] },
  findAccount: (_, id) => asked.accounts[id] && {
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, ...asked.accounts[id] }),
  },
});
provider.listen(asked.port, '127.0.0.1', () => console.log(`listens on ${issuer}`));
