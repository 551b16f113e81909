//! Applications of organizations: made, seen and changed by whom the policies let, listed in pages, and barred from tokens when
//! they are disabled or have ended.

mod cast;
mod contract;
mod lifecycle;
mod paging;
mod policies;
mod roles;
mod views;

covers!(
    "getApplications",
    "createApplication",
    "getApplication",
    "updateApplication",
    "deleteApplication",
    "checkApplicationIdAvailability",
    "getApplicationsByOrganization",
);

/// Where applications are.
const APPLICATIONS: &str = "/api/applications";
