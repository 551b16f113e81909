# From the company's networks, but not from the one for guests. An address that cannot be read is an error, and an error denies.
package library.network_range

default allow := false

allow if {
	some network in ["10.0.0.0/8", "2001:db8:40::/48"]
	net.cidr_contains(network, input.context.ip)
	not net.cidr_contains("10.99.0.0/16", input.context.ip)
}
