import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Keyring } from '../../../src/lib/inbox/keyring';

describe('keyring of the inbox', () => {
  const key = Keyring.generate();
  const text = Buffer.from('Ada Lovelace');

  it('reads what it wrote, mark included', () => {
    const keyring = new Keyring(key);
    assert.deepEqual(keyring.unseal('1', keyring.seal('1', text, 7)), { mark: 7, content: text });
    assert.deepEqual(keyring.unseal('1', keyring.seal('1', Buffer.alloc(0))), {
      mark: 0,
      content: Buffer.alloc(0),
    });
  });

  it('never writes the same twice, nor anything in the clear', () => {
    const keyring = new Keyring(key);
    const records = [keyring.seal('1', text), keyring.seal('1', text)];
    assert.notDeepEqual(records[0], records[1]);
    assert.ok(records.every((record) => !record.includes(text)));
  });

  it('finds every changed bit, a cut record and one of another id', () => {
    const keyring = new Keyring(key);
    const record = keyring.seal('1', text, 1);
    for (let bit = 0; bit < record.length * 8; bit++) {
      const changed = Buffer.from(record);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok('problem' in keyring.unseal('1', changed), `bit ${bit}`);
    }
    for (let length = 0; length < record.length; length++)
      assert.ok('problem' in keyring.unseal('1', record.subarray(0, length)), `length ${length}`);
    assert.deepEqual(keyring.unseal('2', record), { problem: 'damaged' });
    assert.deepEqual(keyring.unseal('1', Buffer.alloc(0)), { problem: 'damaged' });
    assert.ok('problem' in keyring.unseal('1', randomBytes(500)));
  });

  it('reads with the previous key, and tells an unknown key from damage', () => {
    const record = new Keyring(key).seal('1', text);
    assert.ok('content' in new Keyring(Keyring.generate(), key).unseal('1', record));
    assert.deepEqual(new Keyring(Keyring.generate()).unseal('1', record), { problem: 'unknown_key' });
  });

  it('takes a key as base64 or hex, with space around it', () => {
    const bytes = randomBytes(32);
    const record = new Keyring(bytes.toString('hex')).seal('1', text);
    for (const form of [bytes.toString('base64'), ` ${bytes.toString('base64')}\n`])
      assert.ok('content' in new Keyring(form).unseal('1', record));
  });

  it('refuses no key and what is not one, without quoting it', () => {
    for (const none of [undefined, '', '  '])
      assert.throws(() => new Keyring(none), { code: 'inbox_key_missing' });
    for (const bad of [
      'secret',
      randomBytes(31).toString('base64'),
      randomBytes(33).toString('base64'),
      '\0',
    ])
      assert.throws(() => new Keyring(bad), { code: 'inbox_key_bad', message: 'inbox_key_bad' });
    assert.throws(() => new Keyring(key, 'bad'), { code: 'inbox_key_bad' });
    assert.doesNotThrow(() => new Keyring(key, ''));
  });
});
