/*
 * tests/clients/node_influx.js - npm's influx, the client of InfluxDB 1.x for Node.js
 */
'use strict'
const Influx = require('influx')
const { url, token, is, fails, main } = require('./facts')

const { FLOAT, INTEGER, STRING, BOOLEAN } = Influx.FieldType

/* As the documents of InfluxDB's v1 API make it, but for where it is. */
const client = new Influx.InfluxDB({
  host: url.hostname,
  port: Number(url.port),
  protocol: 'http',
  database: 'nodeinflux',
  username: 'ignored',
  password: token,
  schema: [
    {
      measurement: 'door',
      fields: { width: FLOAT, count: INTEGER, note: STRING, open: BOOLEAN },
      tags: ['host', 'floor'],
    },
  ],
})

function points(n) {
  return Array.from({ length: n }, (_, i) => ({
    measurement: 'door',
    tags: { host: `box ${i % 3}`, floor: 'ground, left' },
    fields: { width: i / 4, count: i, note: `say "${i}", then \\ ✓`, open: i % 2 === 0 },
    timestamp: new Date(1600000000000 + i),
  }))
}

async function readBack(written) {
  const rows = await client.query('SELECT * FROM door ORDER BY time')
  is('every point comes back', rows.length, written.length)
  is('with the values that were written', rows.map((row) => ({
    measurement: 'door',
    tags: { host: row.host, floor: row.floor },
    fields: { width: row.width, count: row.count, note: row.note, open: row.open },
    timestamp: new Date(row.time.getTime()),
  })), written)
  is('nanoseconds are kept', rows[1].time.getNanoTime(), '1600000000001000000')
}

async function groups() {
  const rows = await client.query('SELECT count("count") FROM door GROUP BY host')
  is('groups by a tag', rows.groups().map((group) => group.tags.host), ['box 0', 'box 1', 'box 2'])
  is('a placeholder', (await client.query('SELECT width FROM door WHERE host = $host LIMIT 2', {
    placeholders: { host: 'box 1' },
  })).map((row) => row.width), [0.25, 1])
  is('query with a precision', (await client.queryRaw('SELECT width FROM door LIMIT 1', {
    precision: 'ms',
  })).results[0].series[0].values, [[1600000000000, 0]])
  is('several queries at once', (await client.query([
    'SELECT first(width) AS a FROM door', 'SELECT last(width) AS a FROM door',
  ])).map((rows) => rows[0].a), [0, 249.75])
  is('by POST', (await client.query('SELECT sum("count") FROM door', { method: 'POST' }))[0].sum, 499500)
}

async function schema() {
  is('getDatabaseNames', await client.getDatabaseNames(), ['nodeinflux'])
  is('getMeasurements', (await client.getMeasurements()).sort(), ['door', 'temp'])
  is('getSeries', (await client.getSeries({ measurement: 'temp' })), ['temp,room=attic'])
  is('showRetentionPolicies', (await client.showRetentionPolicies()).map((p) => [p.name, p.default]),
    [['autogen', true]])
}

async function refusals() {
  const stranger = new Influx.InfluxDB({
    host: url.hostname, port: Number(url.port), database: 'nodeinflux', username: 'root', password: 'root',
  })
  await fails('a stranger writes', () => stranger.writeMeasurement('temp', [{ fields: { v: 1 } }]),
    (error) => is('a write of a stranger is 401', error.res.statusCode, 401))
  await fails('a stranger reads', () => stranger.query('SELECT * FROM door'),
    (error) => is('a query of a stranger is 401', error.res.statusCode, 401))
  await fails('a syntax error', () => client.query('SELECT FROM door'),
    (error) => is('a syntax error says where', /error parsing query: found FROM/.test(error.message), true))
  await fails('a statement refused', () => client.query('SHOW USERS'),
    (error) => is('the error of a statement is thrown', error instanceof Influx.ResultError, true))
  await fails('a field of another type', () => client.writePoints([
    { measurement: 'temp', tags: { room: 'attic' }, fields: { v: 'warm' } },
  ]), (error) => is('a field of another type is 400', error.res.statusCode, 400))
}

main(async () => {
  const [host] = await client.ping(5000)
  is('ping', [host.online, typeof host.version], [true, 'string'])
  const written = points(1000)
  await client.writePoints(written, { precision: 'ms' })
  await readBack(written)
  await client.writeMeasurement('temp', [
    { tags: { room: 'attic' }, fields: { v: 30.5 }, timestamp: '1600000000123456789' },
  ], { precision: 'n' })
  is('writeMeasurement in nanoseconds', (await client.query('SELECT v FROM temp')).map((row) =>
    [row.time.getNanoTime(), row.v]), [['1600000000123456789', 30.5]])
  await groups()
  await schema()
  await refusals()
  await client.dropMeasurement('temp')
  is('dropMeasurement', await client.getMeasurements(), ['door'])
})
