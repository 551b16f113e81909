//! Applications as their document has them.

mod body;

use http::StatusCode;

use crate::{
    api::{
        Answer, Call,
        read::{
            self,
            pageable::{PageBody, Pageable, Sort, pageable},
            said,
        },
    },
    domain::{
        Failure,
        application::{self, Asking, Order, Property, Whose, Window},
    },
};

pub use body::{ApplicationBody, AvailabilityBody, CreateBody, CreatedBody, UpdateBody};

use body::{parse_given, parse_new, show};

/// What a list can be sorted by.
const PROPERTIES: [(&str, Property); 10] = [
    ("id", Property::Id),
    ("organizationId", Property::Organization),
    ("type", Property::Type),
    ("createdAt", Property::CreatedAt),
    ("modifiedAt", Property::ModifiedAt),
    ("visible", Property::Visible),
    ("disabled", Property::Disabled),
    ("expiresAt", Property::ExpiresAt),
    ("anonymousRegistrationEnabled", Property::AnonymousRegistration),
    ("version", Property::Version),
];
/// How lists are sorted when nothing is said.
const NEWEST_FIRST: Sort<Property> =
    Sort { name: "createdAt", property: Property::CreatedAt, descending: true, ignore_case: false };

/// getApplications
pub async fn list(call: Call) -> Result<Answer, Failure> {
    page(&call, Whose::Own).await
}

/// getApplicationsByOrganization
pub async fn list_of_organization(call: Call) -> Result<Answer, Failure> {
    page(&call, Whose::Organization(call.param("organizationId"))).await
}

/// createApplication
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let id = application::create(&call.app.domain, &asking(&call), parse_new(read::json(&call.request)?)?).await?;
    Ok(call.json(StatusCode::OK, &CreatedBody { id }))
}

/// getApplication
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let shown = application::get(&call.app.domain, &asking(&call), call.param("id")).await?;
    let version = shown.state.version;
    Ok(call.one(StatusCode::OK, &show(shown), version))
}

/// updateApplication
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: UpdateBody = read::json(&call.request)?;
    if said(body.id.clone()).is_some_and(|id| id != call.param("id")) {
        return Err(Failure::invalid("/id", "cannot be changed"));
    }
    let (organization, version) = (said(body.organization_id.clone()), body.version);
    let given = parse_given(body)?;
    let id = call.param("id");
    application::update(&call.app.domain, &asking(&call), id, organization.as_deref(), version, given).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// deleteApplication
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    application::delete(&call.app.domain, &asking(&call), call.param("id")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// checkApplicationIdAvailability
pub async fn availability(call: Call) -> Result<Answer, Failure> {
    let available = application::available(&call.app.domain, &asking(&call), call.param("id"))?;
    Ok(call.json(StatusCode::OK, &AvailabilityBody { available }))
}

fn asking(call: &Call) -> Asking<'_> {
    Asking { by: call.by(), request_id: &call.request.request_id }
}

async fn page(call: &Call, whose: Whose<'_>) -> Result<Answer, Failure> {
    let asked = pageable(&call.request, &PROPERTIES, NEWEST_FIRST)?;
    let listed = application::list(&call.app.domain, &asking(call), whose, &window(&asked)).await?;
    let content: Vec<ApplicationBody> = listed.shown.into_iter().map(show).collect();
    Ok(call.json(StatusCode::OK, &PageBody::new(&asked, content, listed.total)))
}

fn window(asked: &Pageable<Property>) -> Window {
    let order =
        |sort: &Sort<Property>| Order { by: sort.property, descending: sort.descending, ignore_case: sort.ignore_case };
    Window { offset: asked.offset(), size: asked.size, sort: asked.sort.iter().map(order).collect() }
}
