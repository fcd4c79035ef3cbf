/*
 * tests/clients/client_v3.js - npm's @influxdata/influxdb3-client, the client of InfluxDB 3
 *
 * It writes by /api/v2/write unless it is told not to wait for the disk (noSync), for which
 * /api/v3/write_lp is not here. Its queries go over gRPC (Arrow Flight), which no web server passes
 * on to a CGI program: they fail here, with an error and without a hang, and what was written is
 * read back in InfluxQL.
 */
'use strict'
const { InfluxDBClient, Point, HttpError, setLogger } = require('@influxdata/influxdb3-client')
const { url, token, is, fails, query, main } = require('./facts')

setLogger({ error() {}, warn() {} })

const client = new InfluxDBClient({ host: url.origin, token, database: 'sensors', timeout: 20000 })

async function writes() {
  await client.write('home,room=kitchen temp=21.5,n=3i 1600000000000000000')
  is('line protocol', await query('sensors', 'SELECT room, temp, n FROM home'), [[1600000000e9, 'kitchen', 21.5, 3]])
  await client.write([
    Point.measurement('door').setTag('host', 'box 1').setFloatField('width', 0.5).setIntegerField('count', 7)
      .setStringField('note', 'say "✓"').setBooleanField('open', true).setTimestamp(1600000001),
    Point.measurement('door').setTag('host', 'box 2').setFloatField('width', 1.5).setIntegerField('count', 8)
      .setStringField('note', '').setBooleanField('open', false).setTimestamp(1600000002),
  ], undefined, undefined, { precision: 's', defaultTags: { site: 'north' } })
  is('points', await query('sensors', 'SELECT host, site, width, "count", note, open FROM door'), [
    [1600000001e9, 'box 1', 'north', 0.5, 7, 'say "✓"', true],
    [1600000002e9, 'box 2', 'north', 1.5, 8, '', false],
  ])
  const lines = Array.from({ length: 5000 }, (_, i) => `many,host=h${i % 7} v=${i} ${1600000000000 + i}`)
  await client.write(lines, undefined, undefined, { precision: 'ms', gzipThreshold: 1 })
  is('gzip', await query('sensors', 'SELECT count(v), sum(v) FROM many'), [[0, 5000, 12497500]])
  for (const [precision, time] of [['s', '1'], ['ms', '1000'], ['us', '1000000'], ['ns', '1000000000']]) {
    await client.write(`unit,of=${precision} v=1 ${time}`, undefined, undefined, { precision })
  }
  is('a second in each unit', await query('sensors', 'SELECT count(v) FROM unit WHERE time = 1s'), [[1000000000, 4]])
}

async function refusals() {
  await fails('a bad line', () => client.write('partly v=1 1000000000\nnonsense\npartly v=2 2000000000'),
    (error) => is('a bad line is 400, in words',
      [error instanceof HttpError, error.statusCode, /line 2/.test(error.message)], [true, 400, true]))
  is('the lines around it are stored', await query('sensors', 'SELECT v FROM partly'), [[1e9, 1], [2e9, 2]])
  await fails('no such database', () => client.write('m v=1 1', 'nowhere'),
    (error) => is('an unknown database is 404, in words', [error.statusCode, error.message],
      [404, 'bucket "nowhere" not found']))
  await fails('noSync', () => client.write('m v=1 1', undefined, undefined, { noSync: true }),
    (error) => is('a write that does not wait for the disk is 404', error.statusCode, 404))
  const stranger = new InfluxDBClient({ host: url.origin, token: 'unknown', database: 'sensors' })
  await fails('a stranger', () => stranger.write('m v=1 1'),
    (error) => is('an unknown token is 401', error.statusCode, 401))
  await fails('a query', async () => {
    for await (const row of client.query('SELECT 1', undefined, { type: 'influxql' })) {
      is('no row', row, undefined)
    }
  }, (error) => is('a query over gRPC ends with an error', error instanceof Error, true))
}

main(async () => {
  is('getServerVersion', /^\d/.test(await client.getServerVersion()), true)
  await writes()
  await refusals()
  await client.close()
})
