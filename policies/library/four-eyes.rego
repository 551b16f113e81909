# An approver, and not the one who asked. Whoever is not known might be the same: both have to be texts.
package library.four_eyes

default allow := false

allow if {
	input.action.name == "approve"
	"approver" in input.authn_ctx.roles
	is_string(input.authn_ctx.sub)
	is_string(input.resource.properties.requested_by)
	input.authn_ctx.sub != input.resource.properties.requested_by
}
