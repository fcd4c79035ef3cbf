/*
 * tests/clients/client_v2.js - npm's @influxdata/influxdb-client, the client of InfluxDB 2
 *
 * It writes by /api/v2/write; its own queries are Flux, which weir answers with 501, so what it
 * wrote is read back in InfluxQL.
 */
'use strict'
const { InfluxDB, Point, HttpError, setLogger } = require('@influxdata/influxdb-client')
const { url, token, is, fails, query, main } = require('./facts')

setLogger({ error() {}, warn() {} })	/* what it would say stands in the facts */

const client = new InfluxDB({ url: url.origin, token })
const org = 'any'

function points(n) {
  return Array.from({ length: n }, (_, i) => new Point('door')
    .tag('host', `box ${i % 3}`)
    .floatField('width', i / 4)
    .intField('count', i)
    .uintField('steps', i)
    .stringField('note', `say "${i}" ✓`)
    .booleanField('open', i % 2 === 0)
    .timestamp(1600000000 + i))
}

/* Writes in batches. close() does not wait for batches under way, so the lines are counted. */
function write(bucket, precision, lines, options) {
  return new Promise((resolve, reject) => {
    let left = lines.length
    const api = client.getWriteApi(org, bucket, precision, {
      maxRetries: 0,
      writeSuccess(sent) {
        left -= sent.length
        if (left === 0) {
          resolve()
        }
      },
      writeFailed(error) {
        reject(error)
      },
      ...options,
    })
    if (typeof lines[0] === 'string') {
      api.writeRecords(lines)
    } else {
      api.writePoints(lines)
    }
    api.close().catch(reject)
  })
}

async function batches() {
  await write('sensors', 's', points(3), { gzipThreshold: 100000 })
  is('plain text', await query('sensors', 'SELECT width, "count", note, open, host FROM door'), [
    [1600000000e9, 0, 0, 'say "0" ✓', true, 'box 0'],
    [1600000001e9, 0.25, 1, 'say "1" ✓', false, 'box 1'],
    [1600000002e9, 0.5, 2, 'say "2" ✓', true, 'box 2'],
  ])
  await write('sensors', 's', points(5000), { batchSize: 1000 })
  is('gzip and chunked transfer, in batches', await query('sensors', 'SELECT count(width), sum("count") FROM door'),
    [[0, 5000, 12497500]])
  for (const [precision, time] of [['s', '1'], ['ms', '1000'], ['us', '1000000'], ['ns', '1000000000']]) {
    await write('sensors', precision, [`unit,of=${precision} v=1 ${time}`])
  }
  is('a second in each unit', await query('sensors', 'SELECT count(v) FROM unit WHERE time = 1s'), [[1000000000, 4]])
  const api = client.getWriteApi(org, 'sensors', 'ms', { defaultTags: { site: 'north' } })
  api.useDefaultTags({ site: 'south' })
  api.writePoint(new Point('tagged').floatField('v', 1).timestamp(1))
  await api.flush()
  is('default tags', await query('sensors', 'SELECT site, v FROM tagged'), [[1000000, 'south', 1]])
  await api.close()
}

async function refusals() {
  await fails('a bad line', () => write('sensors', 's', ['partly v=1 1', 'nonsense', 'partly v=2 2']),
    (error) => is('a bad line is 400, in words',
      [error.statusCode, error.code, /line 2/.test(error.message)], [400, 'invalid', true]))
  is('the lines around it are stored', await query('sensors', 'SELECT v FROM partly'), [[1e9, 1], [2e9, 2]])
  await fails('no such bucket', () => write('nowhere', 's', ['m v=1 1']),
    (error) => is('an unknown bucket is 404, in words',
      [error instanceof HttpError, error.statusCode, error.code, error.message],
      [true, 404, 'not found', 'bucket "nowhere" not found']))
  const stranger = new InfluxDB({ url: url.origin, token: 'unknown' }).getWriteApi(org, 'sensors', 's', { maxRetries: 0 })
  stranger.writeRecord('m v=1 1')
  await fails('a stranger', () => stranger.close(),
    (error) => is('an unknown token is 401', [error.statusCode, error.code], [401, 'unauthorized']))
  await fails('Flux', () => client.getQueryApi(org).collectRows('from(bucket: "sensors")'),
    (error) => is('Flux is 501, in words', [error.statusCode, error.message],
      [501, '/api/v2/query is not supported; send InfluxQL to /query']))
}

main(async () => {
  await batches()
  await refusals()
})
