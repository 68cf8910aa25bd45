# METADATA
# title: PM2 starts the same apps after a boot
# description: |
#   After a boot PM2 starts what `pm2 save` wrote down. An app that was started since then does not
#   come back, and one that was deleted does.
# related_resources:
# - ref: https://pm2.keymetrics.io/docs/usage/startup/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: pm2
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ pm2.name }} runs other apps than `pm2 save` wrote down: a boot brings back those.
#   fix: >-
#     Run `pm2 save` as {{ pm2.user }}.
package no502.rules.supervisor.pm2_saved

import data.no502.lib
import data.no502.lib.host

subjects := host.pm2

results[i] contains _judgement(pm2) if some i, pm2 in input.pm2

_judgement(pm2) := lib.one_of(pm2.saved, {true})
