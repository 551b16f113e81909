//! How people log in, on the wire: updateAuthentications, and the member `authentications` of a server.

mod shapes;

use http::StatusCode;
use serde_json::Value;

use super::{servers::Showing, tenants::AttributeBody};
use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Domain, Failure, Problem,
        authentication::{
            self, Account, Authentication, Mapping, Method, Owner, Password, Provider, StaticUser, StaticUsers, Wanted,
        },
        server,
        tenant::Attribute,
    },
};

pub use shapes::{
    AuthenticationsBody, AzureBody, CognitoBody, CustomBody, MappingBody, MethodBody, OidcBody, StaticBody, UserBody,
};

/// updateAuthentications
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: AuthenticationsBody = read::json(&call.request)?;
    let methods = body.methods.ok_or_else(|| Failure::invalid("/methods", "is required"))?;
    let mut problems = Vec::new();
    let wanted = parse("/methods", methods, &mut problems);
    if problems.is_empty() {
        problems.extend(authentication::problems("/methods", &wanted));
    }
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems));
    }
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let state = server::authenticate_by(domain, &call.by(), tenant, id, wanted).await?;
    let owner = Owner { tenant, server: id };
    let body = show(domain, owner, state.value.authentications, Showing::Admin)?;
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// Reads a list of methods; `at` is the member that holds it. A method that cannot be told is a problem and left out.
pub(super) fn parse(at: &str, methods: Vec<MethodBody>, problems: &mut Vec<Problem>) -> Vec<Wanted> {
    let mut wanted = Vec::with_capacity(methods.len());
    for (place, body) in methods.into_iter().enumerate() {
        let at = format!("{at}/{place}");
        let MethodBody { id, name, method, disabled, attributes, mappings, users, custom, oidc, azure, cognito } = body;
        let settings = Settings { users, custom, oidc, azure, cognito };
        let Some(method) = settings.method(&at, &method.unwrap_or_default(), problems) else { continue };
        let attribute = |AttributeBody { name, description }| Attribute { name, description };
        let mapping = |MappingBody { source, target }| Mapping {
            source: source.unwrap_or_default(),
            target: target.unwrap_or_default(),
        };
        wanted.push(Authentication {
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            method,
            disabled: disabled.unwrap_or(false),
            attributes: attributes.unwrap_or_default().into_iter().map(attribute).collect(),
            mappings: mappings.unwrap_or_default().into_iter().map(mapping).collect(),
        });
    }
    wanted
}

/// The settings objects, of which exactly the method's own must be there.
struct Settings {
    users: Option<StaticBody>,
    custom: Option<CustomBody>,
    oidc: Option<OidcBody>,
    azure: Option<AzureBody>,
    cognito: Option<CognitoBody>,
}

impl Settings {
    fn method(self, at: &str, method: &str, problems: &mut Vec<Problem>) -> Option<Method<Option<Password>, Secret>> {
        let Settings { users, custom, oidc, azure, cognito } = self;
        let there = [
            ("static", users.is_some()),
            ("custom", custom.is_some()),
            ("oidc", oidc.is_some()),
            ("azure", azure.is_some()),
            ("cognito", cognito.is_some()),
        ];
        let before = problems.len();
        if !there.iter().any(|(name, _)| *name == method) {
            let reason = "must be `static`, `custom`, `oidc`, `azure` or `cognito`";
            problems.push(Problem::new(format!("{at}/method"), reason));
            return None;
        }
        for (name, there) in there {
            match (name == method, there) {
                (true, false) => {
                    problems.push(Problem::new(format!("{at}/{name}"), "is required by the method"));
                }
                (false, true) => {
                    problems.push(Problem::new(format!("{at}/{name}"), format!("does not belong to `{method}`")));
                }
                (true, true) | (false, false) => {}
            }
        }
        if problems.len() > before {
            return None;
        }
        let users = users.map(|users| Method::Static(parse_users(at, users, problems)));
        let custom = custom.map(|CustomBody { login_url }| Method::Custom { login_url: login_url.unwrap_or_default() });
        let foreign = oidc.map(parse_oidc).or(azure.map(parse_azure)).or(cognito.map(parse_cognito));
        users.or(custom).or(foreign.map(|(provider, account)| Method::Foreign { provider, account }))
    }
}

fn parse_users(at: &str, body: StaticBody, problems: &mut Vec<Problem>) -> StaticUsers<Option<Password>> {
    let StaticBody { hint, users } = body;
    let users = users.unwrap_or_default().into_iter().enumerate().map(|(place, body)| {
        let UserBody { username, password, hashed_password, authentication_context } = body;
        let password = match (password, read::said(hashed_password)) {
            (Some(clear), None) => Some(Password::Clear(Secret::new(clear))),
            (None, hash) => hash.map(Password::Hash),
            (Some(_), Some(_)) => {
                let member = format!("{at}/static/users/{place}/hashed_password");
                problems.push(Problem::new(member, "must not stand beside a password"));
                None
            }
        };
        let context = Value::Object(authentication_context.unwrap_or_default()).to_string();
        StaticUser { username: username.unwrap_or_default(), password, context }
    });
    StaticUsers { hint: hint.unwrap_or(false), users: users.collect() }
}

fn parse_oidc(body: OidcBody) -> (Provider, Account<Secret>) {
    let OidcBody { issuer_url, get_user_info, client_id, client_secret, redirect_url, scopes } = body;
    let (issuer_url, get_user_info) = (issuer_url.unwrap_or_default(), get_user_info.unwrap_or(false));
    (Provider::Oidc { issuer_url, get_user_info }, account(client_id, client_secret, redirect_url, scopes))
}

fn parse_azure(body: AzureBody) -> (Provider, Account<Secret>) {
    let AzureBody {
        tenant,
        fetch_groups,
        get_user,
        group_name_format,
        only_security_groups,
        client_id,
        client_secret,
        redirect_url,
        scopes,
    } = body;
    let provider = Provider::Azure {
        tenant: tenant.unwrap_or_default(),
        fetch_groups: fetch_groups.unwrap_or(false),
        get_user: get_user.unwrap_or(false),
        group_name_format: read::said(group_name_format).unwrap_or_else(|| "id".to_owned()),
        only_security_groups: only_security_groups.unwrap_or(false),
    };
    (provider, account(client_id, client_secret, redirect_url, scopes))
}

fn parse_cognito(body: CognitoBody) -> (Provider, Account<Secret>) {
    let CognitoBody { pool_id, region, get_user_info, client_id, client_secret, redirect_url, scopes } = body;
    let (pool_id, region) = (pool_id.unwrap_or_default(), region.unwrap_or_default());
    let provider = Provider::Cognito { pool_id, region, get_user_info: get_user_info.unwrap_or(false) };
    (provider, account(client_id, client_secret, redirect_url, scopes))
}

fn account(
    client_id: Option<String>,
    client_secret: Option<String>,
    redirect_url: Option<String>,
    scopes: Option<Vec<String>>,
) -> Account<Secret> {
    Account {
        client_id: client_id.unwrap_or_default(),
        client_secret: read::said(client_secret).map(Secret::new),
        redirect_url: read::said(redirect_url),
        scopes: scopes.unwrap_or_default(),
    }
}

/// The methods of a server as they are shown: what is secret in them goes into an export only.
pub(super) fn show(
    domain: &Domain,
    owner: Owner<'_>,
    authentications: Vec<Authentication>,
    showing: Showing,
) -> Result<AuthenticationsBody, Failure> {
    let methods = authentications.into_iter().map(|one| show_one(domain, owner, one, showing));
    Ok(AuthenticationsBody { methods: Some(methods.collect::<Result<_, _>>()?) })
}

fn show_one(
    domain: &Domain,
    owner: Owner<'_>,
    authentication: Authentication,
    showing: Showing,
) -> Result<MethodBody, Failure> {
    let Authentication { id, name, method, disabled, attributes, mappings } = authentication;
    let attribute = |Attribute { name, description }| AttributeBody { name, description };
    let mapping = |Mapping { source, target }| MappingBody { source: Some(source), target: Some(target) };
    let mut body = MethodBody {
        name: Some(name),
        disabled: Some(disabled),
        attributes: Some(attributes.into_iter().map(attribute).collect()),
        mappings: Some(mappings.into_iter().map(mapping).collect()),
        ..MethodBody::default()
    };
    let word = match method {
        Method::Static(users) => {
            body.users = Some(show_users(users, showing)?);
            "static"
        }
        Method::Custom { login_url } => {
            body.custom = Some(CustomBody { login_url: Some(login_url) });
            "custom"
        }
        Method::Foreign { provider, account } => {
            let secret = match showing {
                Showing::Admin => None,
                Showing::Export => owner.secret(domain, &id, &account)?,
            };
            let word = provider.word();
            show_foreign(&mut body, provider, account, secret);
            word
        }
    };
    (body.id, body.method) = (Some(id), Some(word.to_owned()));
    Ok(body)
}

fn show_users(StaticUsers { hint, users }: StaticUsers, showing: Showing) -> Result<StaticBody, Failure> {
    let one = |StaticUser { username, password, context }| {
        let context = serde_json::from_str(&context);
        let context = context.map_err(|error| Failure::Internal { log: format!("a user's context: {error}") })?;
        Ok(UserBody {
            username: Some(username),
            password: None,
            hashed_password: (showing == Showing::Export).then_some(password),
            authentication_context: Some(context),
        })
    };
    Ok(StaticBody { hint: Some(hint), users: Some(users.into_iter().map(one).collect::<Result<_, Failure>>()?) })
}

fn show_foreign(body: &mut MethodBody, provider: Provider, account: Account, secret: Option<Secret>) {
    let Account { client_id, client_secret: _, redirect_url, scopes } = account;
    let client_secret = secret.map(|secret| secret.expose().to_owned());
    let (client_id, scopes) = (Some(client_id), Some(scopes));
    match provider {
        Provider::Oidc { issuer_url, get_user_info } => {
            let (issuer_url, get_user_info) = (Some(issuer_url), Some(get_user_info));
            body.oidc = Some(OidcBody { issuer_url, get_user_info, client_id, client_secret, redirect_url, scopes });
        }
        Provider::Azure { tenant, fetch_groups, get_user, group_name_format, only_security_groups } => {
            body.azure = Some(AzureBody {
                tenant: Some(tenant),
                fetch_groups: Some(fetch_groups),
                get_user: Some(get_user),
                group_name_format: Some(group_name_format),
                only_security_groups: Some(only_security_groups),
                client_id,
                client_secret,
                redirect_url,
                scopes,
            });
        }
        Provider::Cognito { pool_id, region, get_user_info } => {
            body.cognito = Some(CognitoBody {
                pool_id: Some(pool_id),
                region: Some(region),
                get_user_info: Some(get_user_info),
                client_id,
                client_secret,
                redirect_url,
                scopes,
            });
        }
    }
}
