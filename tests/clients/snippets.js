/*
 * tests/clients/snippets.js - Node.js without a library, as a page of InfluxDB's shows it
 *
 * The two functions of "InfluxDB 1.x compatibility API" (Cloud, TSM), whose printed form cannot
 * work, with no more changed than that needs: http for https; host and port apart, since the
 * printed "localhost:8086" is looked up as a name; one listener for the data, since the printed one
 * inside another loses the first piece; and the answer returned, not shown.
 */
'use strict'
const http = require('http')
const querystring = require('querystring')
const { url, token, is, main } = require('./facts')

const where = { host: url.hostname, port: url.port }

function get(options) {
  return new Promise((resolve, reject) => {
    const request = http.get(options, (response) => {
      let rawData = ''
      response.on('data', (chunk) => { rawData += chunk })
      response.on('end', () => {
        resolve([response.statusCode, rawData])
      })
    })
    request.on('error', reject)
    request.end()
  })
}

function queryWithToken(password) {
  const queryparams = {
    db: 'mydb',
    q: 'SELECT * FROM cpu_usage',
  }

  return get({
    ...where,
    path: '/query?' + querystring.stringify(queryparams),
    headers: {
      'Authorization': `Token ${password}`,
      'Content-type': 'application/json',
    },
  })
}

function queryWithUsername(password) {
  const queryparams = {
    db: 'mydb',
    q: 'SELECT * FROM cpu_usage',
  }

  return get({
    ...where,
    path: '/query?' + querystring.stringify(queryparams),
    auth: `exampleuser@influxdata.com:${password}`,
    headers: {
      'Content-type': 'application/json',
    },
  })
}

/* Syntax of "Query string authentication": /write/?u=INFLUX_USERNAME&p=INFLUX_API_TOKEN */
function write(lines) {
  const parameters = querystring.stringify({ u: 'exampleuser@influxdata.com', p: token, db: 'mydb' })

  return new Promise((resolve, reject) => {
    const request = http.request({ ...where, path: `/write/?${parameters}`, method: 'POST' }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    request.on('error', reject)
    request.end(lines)
  })
}

main(async () => {
  is('a write', await write('cpu_usage,host=a user=12.5 1700000000\ncpu_usage,host=b user=1 1700000010\n'), 204)
  const rows = {
    results: [{
      statement_id: 0,
      series: [{
        name: 'cpu_usage',
        columns: ['time', 'host', 'user'],
        values: [['2023-11-14T22:13:20Z', 'a', 12.5], ['2023-11-14T22:13:30Z', 'b', 1]],
      }],
    }],
  }
  for (const snippet of [queryWithToken, queryWithUsername]) {
    const [status, answer] = await snippet(token)
    is(`${snippet.name}: what was written`, [status, JSON.parse(answer)], [200, rows])
    const [refused, why] = await snippet('INFLUX_API_TOKEN')
    is(`${snippet.name}: a token that is none`, [refused, JSON.parse(why).code], [401, 'unauthorized'])
  }
})
