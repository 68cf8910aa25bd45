# METADATA
# title: Node does not close connections that wait for its own answer
# description: |
#   `server.timeout` closes a connection on which nothing moved for so long, without a byte, though
#   the application still works on the request: nginx answers with 502. It is 0, off, unless the
#   code sets it (`server.setTimeout()`); nginx's `proxy_read_timeout` is what should end a request.
# related_resources:
# - ref: https://nodejs.org/api/http.html#servertimeout
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     {{ process.name }} closes a connection after {{ has | duration }} without an answer
#     (server.timeout): nginx answers with 502.
#   fix: >-
#     In Node set server.timeout to 0, and leave the end of a request to nginx's
#     `proxy_read_timeout`.
package no502.rules.timeouts.server_timeout_off

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains lib.at_most([process.settings.server_timeout], [], 0) if some i, process in input.processes
