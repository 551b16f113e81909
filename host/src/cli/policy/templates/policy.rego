# Lets in staff who used two factors. `input` is the policy input document; the time is input.now, in seconds since 1970.
# What other rules of this package say is handed over with an allow: a member of the decision's outputs.
package policy

import rego.v1

# Without this line a request that no rule covers would have no answer. It would be denied all the same.
default allow := false

allow if {
	"staff" in input.authn_ctx.groups
	"mfa" in input.authn_ctx.amr
}
