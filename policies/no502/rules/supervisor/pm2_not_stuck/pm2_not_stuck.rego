# METADATA
# title: PM2 has not given up on an app
# description: |
#   After `max_restarts` unstable restarts PM2 marks an app `errored` and never tries again. With a
#   `restart_delay` or exponential backoff it stays at `waiting restart` for ever instead, without a
#   process.
# related_resources:
# - ref: https://pm2.keymetrics.io/docs/usage/process-management/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: pm2_app
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ pm2_app.name }} is {{ pm2_app.status.value }}{% if pm2_app.pid is none %}, without a
#     process{% endif %}.
#   fix: >-
#     Look at its log (`pm2 logs`), mend it, and `pm2 restart` it.
package no502.rules.supervisor.pm2_not_stuck

import data.no502.lib
import data.no502.lib.host

subjects := host.pm2_apps

results[i] contains _judgement(pm2_app) if some i, pm2_app in input.pm2_apps

_judgement(pm2_app) := lib.one_of(pm2_app.status, {"launching", "one-launch-status", "online", "stopped", "stopping"})
