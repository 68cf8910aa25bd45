# Everything a developer runs. Each target does its own set-up and says what it installs.
# The longest part first: parts run two at a time. The demo measures, so nothing runs beside it.
PARTS := molecule sanity unit cores package lint policy -- demo

help:
	@sed -n 's/^\([a-z %-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

dev: ## the tools of development; the last line is the virtual environment's path
	@tools/opa >/dev/null
	@tools/regal >/dev/null
	@tools/venv

test: python ## every part below; the last line is their sum
	@tools/check $(PARTS)

lint: python ## yamllint, ansible-lint, shellcheck
sanity: python ## ansible-test sanity
unit: python ## tests that need no host
policy: python ## types, form, style, tests and bundle of the policies
package: python ## the artifact: built, installed elsewhere, used from there
cores: python ## units and a scenario with each supported ansible-core
molecule: python ## every scenario, on real hosts
lint sanity unit policy package cores molecule:
	@tools/checks/$@

matrix: python ## readings against the truth: every supported Debian, Node and way to run it
	@tools/checks/matrix

demo: python ## throwaway hosts, their 502s, and no more of them after a rollout
	@demo/run

demo-clean: ## remove the hosts of the demo
	@tools/hosts down demo

clean: ## remove this checkout's hosts and everything made in it; the cache stays
	@tools/hosts down --all
	rm -rf .cache demo/demo.log demo/no502-report.json

# The scripts themselves are in Python.
python:
	@. tools/lib.sh; need python3 python3-venv

.PHONY: help dev test lint sanity unit policy package cores molecule matrix demo demo-clean clean python
