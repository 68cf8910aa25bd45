# METADATA
# title: requestTimeout is not below headersTimeout
# description: |
#   Node takes the lower one of the two for the headers, whatever they are called: with a
#   `headersTimeout` of 60 s and a `requestTimeout` of 30 s it cuts headers at 30 s and whole
#   requests at 60 s.
# related_resources:
# - ref: https://nodejs.org/api/http.html#serverrequesttimeout
# - ref: https://nodejs.org/api/http.html#serverheaderstimeout
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: contract
#   setting: node.request_timeout
#   message: >-
#     requestTimeout of {{ process.name }} is {{ has | duration }}, below its headersTimeout, {{
#     needs | duration }}: Node swaps the two.
#   fix: >-
#     In Node set server.requestTimeout to {{ needs }} (ms) or more, or server.headersTimeout to {{
#     has }} or less.
package no502.rules.timeouts.effective_header_and_request_timeouts

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process.settings) if some i, process in input.processes

# 0 switches it off.
_judgement(settings) := lib.pass([settings.request_timeout]) if {
	lib.said(settings.request_timeout) == 0
} else := lib.at_least([settings.request_timeout], [settings.headers_timeout], 0)
