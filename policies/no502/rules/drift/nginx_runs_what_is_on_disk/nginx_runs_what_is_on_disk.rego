# METADATA
# title: nginx runs what lies on disk
# description: |
#   nginx reads its configuration when it starts and when it is reloaded. What was written since is
#   not in force: it comes, untried, with the next reload, the next package upgrade or the next
#   boot.
# related_resources:
# - ref: https://nginx.org/en/docs/control.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ nginx.name }} does not run what lies on disk{% if nginx.disk.files %}: {{ nginx.disk.files
#     | join(", ") }} changed after it had been loaded{% endif %}.
#   fix: >-
#     Test what lies there (`nginx -t`), judge it, and reload nginx: `systemctl reload nginx`.
#   fix_unknown: >-
#     Run the audit as root, so that all of nginx's files can be read.
package no502.rules.drift.nginx_runs_what_is_on_disk

import data.no502.lib
import data.no502.lib.host

subjects := host.nginx

results[i] contains judgement if some i, judgement in host.not_running

results[i] contains lib.one_of(software.disk.differs, {false}) if some i, software in host.running_nginx
