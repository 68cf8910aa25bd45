# METADATA
# title: Something starts the process again when it ends
# description: |
#   A Node process that ends by an exception stays away until somebody starts it. All that time
#   nginx answers with 502, and writes `connect() failed (111: Connection refused)`.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
# - ref: https://pm2.keymetrics.io/docs/usage/quick-start/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     Nothing supervises {{ process.name }}: when it ends, it stays away.
#   fix: >-
#     Run it as a service of systemd (role node_service), or under PM2.
package no502.rules.supervisor.supervised

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.one_of(process.supervisor, {"systemd", "pm2", "container"})
