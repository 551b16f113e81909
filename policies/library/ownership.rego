# The owner reads and writes. Two nulls are equal: is_string keeps what belongs to nobody from everybody without a name.
package library.ownership

default allow := false

allow if {
	input.action.name in {"read", "write"}
	is_string(input.authn_ctx.sub)
	input.resource.properties.owner == input.authn_ctx.sub
}
