# METADATA
# title: PM2 does not watch the files of an app
# description: |
#   With `watch` PM2 restarts an app whenever a file in its directory changes: an upload, a log or
#   half of a deployment is an outage. On large trees it also uses up the inotify watches of the
#   host.
# related_resources:
# - ref: https://pm2.keymetrics.io/docs/usage/watch-and-restart/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: pm2_app
#   severity: warning
#   prevents: "502"
#   message: >-
#     PM2 restarts {{ pm2_app.name }} whenever a file in its directory changes.
#   fix: >-
#     Set `watch: false` in the ecosystem file, and `pm2 delete` and start the app.
package no502.rules.limits.watch_limits

import data.no502.lib
import data.no502.lib.host

subjects := host.pm2_apps

results[i] contains _judgement(pm2_app) if some i, pm2_app in input.pm2_apps

_judgement(pm2_app) := lib.one_of(pm2_app.settings.watch, {false})
