# Everything a developer runs. Each target does its own set-up and says what it installs.
PARTS := lint sanity unit policy package cores molecule

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

dev: ## the tools of development; the last line is the virtual environment's path
	@tools/opa >/dev/null
	@tools/regal >/dev/null
	@tools/venv

.PHONY: help dev
