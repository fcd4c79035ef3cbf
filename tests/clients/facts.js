/*
 * tests/clients/facts.js - what the programs of this folder share: facts, and where the server is
 *
 * A fact prints "ok - NAME" or "not ok - NAME" with what came instead, as tests/end/lib.sh counts
 * them. main() prints the error that broke a program off, and makes its exit status 1.
 */
'use strict'
const util = require('util')

const url = new URL(process.env.WEIR_TEST_URL)
const token = process.env.WEIR_TEST_TOKEN

function is(name, got, want) {
  if (util.isDeepStrictEqual(got, want)) {
    console.log(`ok - ${name}`)
    return
  }
  const show = (what) => util.inspect(what, { breakLength: Infinity, depth: 9 }).slice(0, 600)
  console.log(`not ok - ${name}\n#   got  ${show(got)}\n#   want ${show(want)}`)
  process.exitCode = 1
}

/* Runs work, which must end with an error, and hands it to judge(error). */
async function fails(name, work, judge) {
  try {
    await work()
    is(`${name}: an error`, 'none', 'one')
  } catch (error) {
    judge(error)
  }
}

/* An InfluxQL answer by a plain request: what a client wrote is read back by another road. */
async function query(db, q) {
  const answer = await fetch(`${url}query?${new URLSearchParams({ db, q, epoch: 'ns' })}`, {
    headers: { Authorization: `Token ${token}` },
  })
  const { results } = await answer.json()
  return results[0].series === undefined ? [] : results[0].series[0].values
}

function main(work) {
  work().catch((error) => {
    console.log(`not ok - the client runs to its end\n#   ${util.inspect(error).replace(/\n/g, '\n#   ')}`)
    process.exitCode = 1
  })
}

module.exports = { url, token, is, fails, query, main }
