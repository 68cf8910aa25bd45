# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in front of nginx: the documented defaults of each kind of edge.

Data only, each value with its source. The inventory overrides any of them, since most can be
configured at the edge. Durations are in milliseconds.
"""
from __future__ import annotations

from dataclasses import dataclass

_SECOND = 1000


@dataclass(frozen=True)
class Limit:
    """A time-out of an edge.

    C(default) is C(None) where the vendor documents none and C(0) where there is no limit.
    C(setting) is what the vendor calls it, or C(None) where it cannot be changed; C(lowest) and
    C(highest) are the bounds of that setting, where they are documented.
    """

    default: int | None
    source: str
    setting: str | None = None
    lowest: int | None = None
    highest: int | None = None


@dataclass(frozen=True)
class Edge:
    """One kind of edge.

    C(idle): how long it keeps an idle connection to nginx. C(response): how long it waits for
    nginx; C(None) means that the idle time-out is that limit too. C(keepalive_margin): by how
    much nginx's C(keepalive_timeout) exceeds the idle time-out. C(preconnects): it opens
    connections in advance, so C(client_header_timeout) must outlast the idle time-out as well.
    """

    idle: Limit
    response: Limit | None
    layer: int = 7
    preconnects: bool = False
    keepalive_margin: int = 15 * _SECOND
    advice: str = ""


def _seconds(default, source, setting=None, lowest=None, highest=None):
    return Limit(_ms(default), source, setting, _ms(lowest), _ms(highest))


def _ms(seconds):
    return None if seconds is None else seconds * _SECOND


_NO_LIMIT = 0  # "other" is an edge that is not listed here; its idle time-out must be given
_AWS = "https://docs.aws.amazon.com/"
_ALB = _AWS + "elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"
_CLB = _AWS + "elasticloadbalancing/latest/classic/config-idle-timeout.html"
_NLB = _AWS + "elasticloadbalancing/latest/network/update-idle-timeout.html"
_CLOUDFRONT = _AWS + "cloudfront/latest/APIReference/API_CustomOriginConfig.html"
_GCP = "https://cloud.google.com/load-balancing/docs/https/request-distribution"
_GCP_BACKEND = "https://cloud.google.com/load-balancing/docs/backend-service#timeout-setting"
_CLOUDFLARE = "https://developers.cloudflare.com/fundamentals/reference/connection-limits/"
_FRONT_DOOR = "https://learn.microsoft.com/azure/frontdoor/front-door-faq"
_APP_GATEWAY = "https://learn.microsoft.com/azure/application-gateway/configuration-http-settings"
_AZURE_LB = "https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset"
_HEROKU = "https://devcenter.heroku.com/articles/http-routing"
_OCI = "https://docs.oracle.com/en-us/iaas/Content/Balance/Reference/connectionreuse.htm"
_FLY = "https://fly.io/docs/reference/configuration/"
_FASTLY = "https://www.fastly.com/documentation/guides/concepts/keep-alive"
_FASTLY_FIRST = ("https://www.fastly.com/documentation/reference/vcl/variables/"
                 "backend-connection/bereq-first-byte-timeout")
_ENVOY = "https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts"
_TRAEFIK = "https://doc.traefik.io/traefik/routing/services/#serverstransport"

EDGES = {
    "aws_alb": Edge(
        idle=_seconds(60, _ALB, "idle_timeout.timeout_seconds", 1, 4000),
        response=None, preconnects=True),
    "aws_clb": Edge(
        idle=_seconds(60, _CLB, "ConnectionSettings.IdleTimeout", 1, 4000),
        response=None, preconnects=True),
    "aws_nlb": Edge(
        idle=_seconds(350, _NLB, "tcp.idle_timeout.seconds", 60, 6000),
        response=None, layer=4),
    "azure_app_gw": Edge(
        idle=_seconds(None, _APP_GATEWAY),
        response=_seconds(20, _APP_GATEWAY, "requestTimeout of the backend settings", 1, 86400)),
    "azure_front_door": Edge(
        idle=_seconds(90, _FRONT_DOOR),
        response=_seconds(60, _FRONT_DOOR, "originResponseTimeoutSeconds", 16, 240)),
    "azure_lb": Edge(
        idle=_seconds(240, _AZURE_LB, "idleTimeoutInMinutes", 240, 1800),
        response=None, layer=4),
    "cloudflare": Edge(
        idle=_seconds(900, _CLOUDFLARE, "idle connection limit (Enterprise)"),
        response=_seconds(120, _CLOUDFLARE, "proxy read time-out (Enterprise)", 1, 6000)),
    "cloudfront": Edge(
        idle=_seconds(5, _CLOUDFRONT, "OriginKeepaliveTimeout", 1, 120),
        response=_seconds(30, _CLOUDFRONT, "OriginReadTimeout", 1, 120)),
    "envoy": Edge(
        idle=_seconds(3600, _ENVOY, "common_http_protocol_options.idle_timeout of the cluster"),
        response=_seconds(15, _ENVOY, "timeout of the route"),
        advice="better: lower Envoy's idle time-out for this cluster and declare that"),
    "fastly": Edge(
        idle=_seconds(None, _FASTLY, "keepalive_time"),
        response=_seconds(15, _FASTLY_FIRST, "first_byte_timeout", 0, 600)),
    "fly": Edge(
        idle=_seconds(None, _FLY, "http_options.idle_timeout"),
        response=Limit(_NO_LIMIT, _FLY)),
    "gcp_alb": Edge(
        idle=_seconds(600, _GCP),
        response=_seconds(30, _GCP_BACKEND, "timeoutSec of the backend service", 1, 2147483647),
        keepalive_margin=20 * _SECOND),
    "heroku": Edge(
        idle=_seconds(90, _HEROKU),
        response=_seconds(30, _HEROKU)),
    "oci": Edge(
        idle=_seconds(300, _OCI),
        response=_seconds(60, _OCI, "idle time-out of the listener", 1, 7200)),
    "other": Edge(
        idle=_seconds(None, "the inventory", "idle time-out"),
        response=Limit(_NO_LIMIT, "the inventory", "response time-out")),
    "traefik": Edge(
        idle=_seconds(90, _TRAEFIK, "forwardingTimeouts.idleConnTimeout"),
        response=Limit(_NO_LIMIT, _TRAEFIK, "forwardingTimeouts.responseHeaderTimeout")),
}
