# METADATA
# title: What the rules about hosts share
# schemas:
# - input: schema.host
package no502.lib.host

# METADATA
# title: The subjects of a rule about Node processes, by their place in the document
processes contains i if some i, _ in input.processes
