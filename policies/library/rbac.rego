# What a role may do: one line each. A role that is not listed may do nothing.
package library.rbac

may("viewer") := {"read"}

may("editor") := {"read", "write"}

may("admin") := {"read", "write", "delete"}

default allow := false

allow if {
	some role in input.authn_ctx.roles
	input.action.name in may(role)
}
