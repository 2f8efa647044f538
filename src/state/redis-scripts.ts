import { createHash } from 'node:crypto';

/** A Lua script and the name by which Redis knows it once it has run. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

/** What one installation's keys begin with, unless it is told otherwise. */
export const DEFAULT_PREFIX = 'penumbra';

/**
 * The Redis keys of the store, in the order in which every script takes them (KEYS[1] to KEYS[5]). One hash tag puts
 * them into one slot of a cluster.
 */
export const redisKeys = (prefix: string): readonly string[] => [
  // Hash: key -> "<version> <value>".
  `{${prefix}}:pairs`,
  // Sorted set, all scores 0, so in the order of bytes: the keys.
  `{${prefix}}:order`,
  // Sorted set: the keys that expire, by time in ms of the server's clock.
  `{${prefix}}:expiries`,
  // String: the newest version.
  `{${prefix}}:version`,
  // String: the name of this state, given when it was new.
  `{${prefix}}:name`,
];

/** The channel of a key is this and the key. */
export const channelPrefix = (prefix: string): string => `{${prefix}}:changed:`;

/**
 * ARGV: a name.
 * Output: the name of the state; a new one is given that of ARGV.
 */
export const OPEN = script(`
redis.call('SET', KEYS[5], ARGV[1], 'NX')
return redis.call('GET', KEYS[5])
`);

/** The last of ARGV is the name of the state that the caller has opened: what it knows holds of no other, nor of an empty one. */
const LIVE_PAIR = `
if redis.call('GET', KEYS[5]) ~= table.remove(ARGV) then
  return redis.error_reply('STATELOST this is not the state that was opened: restore that one, or restart all gateways')
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The stored pair, or false when there is none or its time has come.
local function pair(key)
  local expiry = redis.call('ZSCORE', KEYS[3], key)
  if expiry and tonumber(expiry) <= now then return false end
  return redis.call('HGET', KEYS[1], key)
end
`;

/**
 * ARGV: keys.
 * Output: for each "<version> <value>" or nil.
 */
export const GET_MANY = script(`${LIVE_PAIR}
local found = {}
for index, key in ipairs(ARGV) do found[index] = pair(key) end
return found
`);

/**
 * ARGV: least and greatest key as ZRANGEBYLEX takes them, limit.
 * Output: {key, "<version> <value>"} of each, in order.
 */
export const LIST = script(`${LIVE_PAIR}
local from, limit, found = ARGV[1], tonumber(ARGV[3]), {}
while #found < limit do
  local wanted = limit - #found
  local keys = redis.call('ZRANGEBYLEX', KEYS[2], from, ARGV[2], 'LIMIT', 0, wanted)
  for _, key in ipairs(keys) do
    local stored = pair(key)
    if stored then found[#found + 1] = {key, stored} end
    from = '(' .. key
  end
  if #keys < wanted then break end
end
return found
`);

/**
 * ARGV: channel prefix, number of checks, number of sets, number of deletes; then per check: key, version or '' for
 * absent; per set: key, value, ms to live or ''; per delete: key.
 * Output: the version of what was written, or nil when a check did not hold.
 *
 * A version is the server's time in microseconds, pushed on where it stood still or went back: so none is given twice,
 * not even after a failover that lost the newest writes.
 */
export const COMMIT = script(`${LIVE_PAIR}
local channel, checks, sets, deletes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local position = 4
local function take()
  position = position + 1
  return ARGV[position]
end

local function remove(key)
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end

for _ = 1, checks do
  local stored, expected = pair(take()), take()
  if (stored and string.match(stored, '^%d+') or '') ~= expected then return false end
end

-- More than a commit can add, so that what has expired does not pile up.
local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, sets + 100)
for _, key in ipairs(due) do remove(key) end

local newest = tonumber(redis.call('GET', KEYS[4]) or 0)
local version = string.format('%.0f', math.max(newest + 1, time[1] * 1000000 + time[2]))
redis.call('SET', KEYS[4], version)

for _ = 1, sets do
  local key, value, expireIn = take(), take(), take()
  redis.call('HSET', KEYS[1], key, version .. ' ' .. value)
  redis.call('ZADD', KEYS[2], 0, key)
  if expireIn == '' then
    redis.call('ZREM', KEYS[3], key)
  else
    redis.call('ZADD', KEYS[3], now + expireIn, key)
  end
  redis.call('PUBLISH', channel .. key, '')
end
for _ = 1, deletes do
  local key = take()
  remove(key)
  redis.call('PUBLISH', channel .. key, '')
end
return version
`);

function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
