import assert from 'node:assert/strict';
import { SandboxUnderTest } from '../../support/sandbox';

describe("The sandbox's token endpoint", () => {
  let under: SandboxUnderTest;
  const form = { grant_type: 'client_credentials' };
  const basic = (id: string, secret: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
  });

  before(async () => {
    under = await SandboxUnderTest.start({
      clientId: 'a client: with ümlaut',
      clientSecret: 'p+q/r=%&: ß',
      tokenLifetime: 1800,
    });
  });
  after(() => under.close());

  const opens = async (token: string): Promise<number> =>
    (await under.api('GET', '/packages', undefined, token)).status;

  it('takes id and secret by HTTP Basic, form-encoded as RFC 6749 says', async () => {
    const { clientId, clientSecret } = under.sandbox;
    const { status, body, headers } = await under.askToken(form, basic(clientId, clientSecret));
    assert.equal(status, 200);
    assert.equal(body.expires_in, 1800);
    assert.equal(body.token_type, 'Bearer');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(await opens(body.access_token as string), 200);
  });

  it('takes id and secret as form fields', async () => {
    const { clientId, clientSecret } = under.sandbox;
    const { status, body } = await under.askToken({
      ...form,
      client_id: clientId,
      client_secret: clientSecret,
    });
    assert.equal(status, 200);
    assert.equal(await opens(body.access_token as string), 200);
  });

  it('refuses a wrong secret, a wrong id, and no credentials at all in the same way', async () => {
    const { clientId, clientSecret } = under.sandbox;
    const answers = [
      await under.askToken(form, basic(clientId, 'wrong')),
      await under.askToken(form, basic('wrong', clientSecret)),
      await under.askToken({ ...form, client_id: clientId }),
      await under.askToken(form, { authorization: 'Basic !!!' }),
      await under.askToken(form, { authorization: `Basic ${Buffer.from('a:%zz').toString('base64')}` }),
      await under.askToken(form),
    ];
    for (const { status, body } of answers) {
      assert.equal(status, 401);
      assert.equal(body.error, 'invalid_client');
    }
  });

  it('refuses both ways at once, unknown grant types, doubled fields and other media types', async () => {
    const { clientId, clientSecret } = under.sandbox;
    const headers = basic(clientId, clientSecret);
    const both = await under.askToken({ ...form, client_secret: clientSecret }, headers);
    assert.deepEqual([both.status, both.body.error], [400, 'invalid_request']);
    const grant = await under.askToken({ grant_type: 'password' }, headers);
    assert.deepEqual([grant.status, grant.body.error], [400, 'unsupported_grant_type']);
    const none = await under.askToken({}, headers);
    assert.deepEqual([none.status, none.body.error], [400, 'invalid_request']);
    const json = await under.send('POST', '/oauth/token', form, headers);
    assert.deepEqual([json.status, json.body.error], [400, 'invalid_request']);
    const get = await under.send('GET', '/oauth/token');
    assert.equal(get.status, 405);
    const doubled = await fetch(`${under.url}/oauth/token`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&grant_type=client_credentials',
    });
    assert.equal(doubled.status, 400);
  });

  it('gives the scopes that are asked for, and refuses unknown ones', async () => {
    const { clientId, clientSecret } = under.sandbox;
    const narrow = await under.accessToken('packages_read');
    assert.equal(await opens(narrow), 200);
    const denied = await under.api('GET', '/patients', undefined, narrow);
    assert.equal(denied.status, 403);
    assert.match(denied.headers.get('www-authenticate') ?? '', /insufficient_scope.*patients_read/);
    assert.match(String(denied.body.message), /patients_read/);
    const unknown = await under.askToken({ ...form, scope: 'everything' }, basic(clientId, clientSecret));
    assert.deepEqual([unknown.status, unknown.body.error], [400, 'invalid_scope']);
  });

  it('answers 401 with a general error to a missing, unknown or revoked token', async () => {
    const token = await under.accessToken();
    assert.equal(await opens(token), 200);
    await under.control('POST', 'revoke');
    for (const bearer of ['unknown', '', token]) {
      const { status, body } = await under.api('GET', '/packages', undefined, bearer);
      assert.equal(status, 401);
      assert.deepEqual(Object.keys(body as object).sort(), ['id', 'message']);
    }
  });
});
