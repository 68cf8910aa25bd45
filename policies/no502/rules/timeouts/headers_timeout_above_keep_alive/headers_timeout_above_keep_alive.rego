# METADATA
# title: headersTimeout is above keepAliveTimeout
# description: |
#   In versions of Node 10 (from 10.15.2 on) to 12, `headersTimeout` also ran while a connection was
#   idle, so that a lower one closed connections that were about to be used. Since Node 14 it does
#   not, but the order has become a contract of the field, and is safe on every version.
# related_resources:
# - ref: https://github.com/nodejs/node/issues/27363
# - ref: https://nodejs.org/api/http.html#serverheaderstimeout
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: contract
#   setting: node.headers_timeout
#   message: >-
#     headersTimeout of {{ process.name }} is {{ has | duration }}, and has to be above its
#     keepAliveTimeout, {{ needs | duration }}.
#   fix: In Node set server.headersTimeout to {{ needs + 1000 }} (ms) or more.
package no502.rules.timeouts.headers_timeout_above_keep_alive

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process.settings) if some i, process in input.processes

# 0 switches it off.
_judgement(settings) := lib.pass([settings.headers_timeout]) if {
	lib.said(settings.headers_timeout) == 0
} else := lib.above([settings.headers_timeout], [settings.keep_alive_timeout], 0)
