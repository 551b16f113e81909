# The tenant of the caller is that of the resource. Two nulls are equal, and no tenant.
package library.tenant_isolation

default allow := false

allow if {
	is_string(input.authn_ctx.tenant)
	input.resource.properties.tenant == input.authn_ctx.tenant
}
