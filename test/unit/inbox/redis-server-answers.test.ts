import assert from 'node:assert/strict';
import { useFakeTimers } from 'sinon';
import { OnegevityError } from '../../../src/lib/errors';
import { ServerClock } from '../../../src/lib/inbox/redis/clock';
import { faultOf } from '../../../src/lib/inbox/redis/server-errors';
import { isId } from '../../../src/lib/inbox/event-id';
import type { RedisSession } from '../../../src/lib/inbox/redis/session';
import { checkDurability } from '../../../src/lib/inbox/redis/persistence';
import { checkServerKind } from '../../../src/lib/inbox/redis/server-kind';
import * as replies from '../../../src/lib/inbox/redis/replies';

describe('what a Redis says', () => {
  describe('is a fault', () => {
    const faults: [message: string, code: string][] = [
      ["OOM command not allowed when used memory > 'maxmemory'.", 'redis_full'],
      ['-OOM allow-oom flag is not set on the script', 'redis_full'],
      ['ZOOM is not a command', 'inbox_unavailable'],
      ['WRONGPASS invalid username-password pair or user is disabled.', 'redis_login'],
      ['NOAUTH Authentication required.', 'redis_login'],
      ["NOPERM User x has no permissions to run the 'evalsha' command", 'redis_denied'],
      ['ERR AUTH <password> called without any password configured', 'redis_login'],
      ["ERR The user executing the script can't run this command or subcommand", 'redis_denied'],
      ["ERR The user executing the script can't access at least one of the keys", 'redis_denied'],
      ["READONLY You can't write against a read only replica.", 'redis_read_only'],
      ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'redis_read_only'],
      [
        'MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk.',
        'redis_not_saving',
      ],
      ['MISCONF Errors writing to the AOF file: No space left on device', 'redis_not_saving'],
      ['LOADING Redis is loading the dataset in memory', 'redis_loading'],
      ['MOVED 3999 127.0.0.1:6381', 'redis_cluster'],
      ["CROSSSLOT Keys in request don't hash to the same slot", 'redis_cluster'],
      ['CLUSTERDOWN Hash slot not served', 'redis_cluster'],
      ['ERR SELECT is not allowed in cluster mode', 'redis_cluster'],
      ["ERR unknown command 'SELECT', with args beginning with: '1'", 'redis_sentinel'],
      ["ERR unknown command 'EVALSHA', with args beginning with:", 'redis_too_old'],
      ['ERR_SSL_WRONG_VERSION_NUMBER', 'redis_tls'],
      ['Client network socket disconnected before secure TLS connection was established', 'redis_tls'],
      ['connect ECONNREFUSED 127.0.0.1:6379', 'redis_unreachable'],
      ['getaddrinfo ENOTFOUND redis.internal', 'redis_unreachable'],
      ['Connection timeout', 'redis_unreachable'],
      ['connect EACCES 10.0.0.7:6379', 'redis_unreachable'],
      ['connect EHOSTDOWN 10.0.0.7:6379', 'redis_unreachable'],
      ['connect EADDRNOTAVAIL 10.0.0.7:6379 - Local (0.0.0.0:0)', 'redis_unreachable'],
      ['getaddrinfo EAI_AGAIN redis.internal', 'redis_unreachable'],
      ['error:0480006C:PEM routines::no start line ERR_OSSL_PEM_NO_START_LINE', 'redis_tls'],
      ['NOREPLICAS Not enough good replicas to write.', 'redis_no_replicas'],
      [
        'DENIED Redis is running in protected mode because protected mode is enabled and no password is set',
        'redis_protected',
      ],
      ['WRONGTYPE Operation against a key holding the wrong kind of value', 'redis_damaged'],
      ["NOGROUP No such key 'x' or consumer group 'flows' in XREADGROUP with GROUP option", 'redis_damaged'],
      [
        'ERR user_script:29: attempt to perform arithmetic on a nil value script: 5b, on @user_script:29.',
        'redis_damaged',
      ],
      [
        "OOM command not allowed when used memory > 'maxmemory'. script: 5b, on @user_script:29.",
        'redis_full',
      ],
      ['ERR max number of clients reached', 'redis_connections'],
      ['ERR max number of clients + cluster connections reached', 'redis_connections'],
      ['ERR DB index is out of range', 'redis_database'],
      ['ERR invalid DB index', 'redis_database'],
      ['Socket closed unexpectedly', 'redis_unreachable'],
    ];
    for (const [message, code] of faults)
      it(`${code}: ${message}`, () => {
        const { code: found, message: text } = faultOf(new Error(message));
        assert.equal(found, code);
        assert.ok(!text.includes(message));
      });

    it('also where it is no error at all', () => {
      assert.equal(faultOf('OOM').code, 'inbox_unavailable');
    });

    it('also where it is one of several, for each address one', () => {
      const one = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      assert.equal(faultOf(new AggregateError([one])).code, 'redis_unreachable');
    });

    it('which is known already where it is ours', () => {
      const ours = new OnegevityError('inbox_full');
      assert.equal(faultOf(ours), ours);
    });
  });

  describe('about what it keeps', () => {
    /** A server whose settings are known; the rest it refuses. */
    function server(settings: Record<string, string>, info = '') {
      const tryCommand = (...[command, about, name]: unknown[]) => {
        if (command === 'INFO') return Promise.resolve(about === 'persistence' && Buffer.from(info));
        const value = settings[String(name)];
        return Promise.resolve(value === undefined ? [] : [Buffer.from(String(name)), Buffer.from(value)]);
      };
      return { tryCommand } as unknown as RedisSession;
    }
    const safe = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };
    const cases: [name: string, RedisSession, risk?: string][] = [
      ['everything, at once', server(safe)],
      ['nothing', server({ ...safe, appendonly: 'no' }), 'redis_not_durable'],
      ['with a delay of a second', server({ ...safe, appendfsync: 'everysec' }), 'redis_not_durable'],
      ['when the system sees fit', server({ appendfsync: 'no' }), 'redis_not_durable'],
      ['unless memory is short', server({ ...safe, 'maxmemory-policy': 'allkeys-lfu' }), 'redis_evicts'],
      ['what does not expire', server({ ...safe, 'maxmemory-policy': 'volatile-lru' })],
      ['it does not say what', server({}), 'redis_unchecked'],
      ['it does not say how', server({ appendonly: 'yes' }), 'redis_unchecked'],
      ['nothing, by its statistics', server({}, 'loading:0\r\naof_enabled:0\r\n'), 'redis_not_durable'],
      ['a log, by its statistics', server({}, 'loading:0\r\naof_enabled:1\r\n'), 'redis_unchecked'],
      ['a log at once, by both', server({ appendfsync: 'always' }, 'loading:0\r\naof_enabled:1\r\n')],
      ['another log', server({ appendfsync: 'always' }, 'last_aof_enabled:1\r\n'), 'redis_unchecked'],
    ];
    for (const [name, link, risk] of cases)
      it(`${name}: ${risk ?? 'no risk'}`, async () => {
        assert.equal(await checkDurability(link), risk);
      });
  });

  describe('of its kind', () => {
    for (const [info, code] of [
      ['redis_version:7.0.15\r\nredis_mode:standalone\r\n'],
      ['redis_version:6.2.0\r\n'],
      [undefined],
      ['redis_version:6.0.16\r\n', 'redis_too_old'],
      ['redis_version:5.9.1\r\n', 'redis_too_old'],
      ['redis_version:7.2.4\r\nredis_mode:cluster\r\n', 'redis_cluster'],
      ['redis_version:7.2.4\r\nredis_mode:sentinel\r\n', 'redis_sentinel'],
    ] as const)
      it(`${JSON.stringify(info)}: ${code ?? 'can be used'}`, () => {
        const check = () => checkServerKind(info === undefined ? undefined : Buffer.from(info));
        if (code === undefined) check();
        else assert.throws(check, { code });
      });
  });

  it('is read as text whether it comes as bytes, text or a number', () => {
    assert.deepEqual([Buffer.from('a'), 'b', 3].map(replies.text), ['a', 'b', '3']);
    assert.deepEqual(replies.texts(undefined), []);
  });

  it('has no record where somebody has removed it', () => {
    assert.deepEqual(replies.bytes(null), Buffer.alloc(0));
  });

  it('tells what was taken, and when something is due next', () => {
    const record = Buffer.from('sealed');
    const taken = [[Buffer.from('1234567890123456'), 2, Buffer.from('again'), record]];
    assert.deepEqual(replies.taken([1000, 2000, taken, 1]), {
      time: 1000,
      next: 2000,
      taken: [{ id: '1234567890123456', attempt: 2, kind: 'again', record }],
      setBack: true,
    });
    assert.deepEqual(replies.taken([1000, null, [], 0]), {
      time: 1000,
      next: undefined,
      taken: [],
      setBack: false,
    });
  });

  it('sets the clock, which goes on by itself, however that of the machine is set', () => {
    const own = useFakeTimers({ toFake: ['Date', 'performance'], now: 1000 });
    try {
      const clock = new ServerClock();
      clock.heard(5000);
      own.tick(300);
      own.setSystemTime(0);
      assert.equal(clock.now(), 5300);
    } finally {
      own.restore();
    }
  });

  it('names events by 16 digits', () => {
    assert.ok(isId('1234567890123456'));
    for (const other of ['', '123456789012345', '12345678901234567', 'x1234567890123456', '+'])
      assert.ok(!isId(other), other);
  });
});
