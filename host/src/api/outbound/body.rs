//! A connection as this dialect takes and shows it: one shape for both forms, members in the order of the documents.
//!
//! Called by `clients`. Knows which members are whose: what the caller chooses, what the provider decides, and what is of an
//! export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::read::said,
    crypto::Secret,
    domain::{
        Failure,
        connection::{AZURE_TENANT, Connection, NodeRedirect, Provider, Wanted},
    },
};

/// The release that a record is exported from: ours, with the place that it has in the documents.
const RELEASE: &str = concat!(env!("CARGO_PKG_VERSION"), ".0");
/// The table that a record is exported from.
const TABLE: &str = "ops_oauth_client";

/// An OAuth client of an outbound connection. In XML: the element `oauthClient`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "OAuthClient", extend("required" = ["name", "clientSecret", "provider", "scopes"], "xml" = { "name": "oauthClient" }))]
pub struct ClientBody {
    /// Where people authorize it. The provider's; taken from the request for the provider `Other`, which needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// The client id that the provider has issued. A record may be made without one, which is refused only when it is to be
    /// authorized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The client secret that the provider has issued. Never answered.
    #[serde(default, skip_serializing)]
    #[schemars(extend("writeOnly" = true))]
    pub client_secret: Option<String>,
    /// Notes on where the nodes of a cluster are sent back to; a list of `clusterRedirectUrl` in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("xml" = { "wrapped": true }))]
    pub cluster_redirect_urls: Option<Vec<RedirectBody>>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The release that the record was exported from. Ignored in requests; an attribute in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("readOnly" = true, "xml" = { "attribute": true }))]
    pub export_release_level: Option<String>,
    /// The table that the record was exported from. Ignored in requests; an attribute in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("readOnly" = true, "xml" = { "attribute": true }))]
    pub export_table: Option<String>,
    /// Its name, unique within the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub name: Option<String>,
    /// Names of business services that it belongs to; a list of `opswiseGroup` in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("xml" = { "wrapped": true }))]
    pub opswise_groups: Option<Vec<String>>,
    /// The provider, by name or number: `Azure AD` (1), `Google` (2), `Other` (3). It stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProviderBody")]
    pub provider: Option<Value>,
    /// Whether a `sysId` of the request is kept (the default) or ignored. An attribute in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<bool>", extend("xml" = { "attribute": true }))]
    pub retain_sys_ids: Option<Value>,
    /// What is asked for; a list of `scope` in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("xml" = { "wrapped": true }))]
    pub scopes: Option<Vec<String>>,
    /// Its identifier, 32 hexadecimal digits, kept in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sys_id: Option<String>,
    /// The directory of the provider `Azure AD`; `common` when left out. Ignored for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Where tokens come from. The provider's; taken from the request for the provider `Other`, which needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// How often the record was changed. Ignored in requests; an attribute in XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>", extend("readOnly" = true, "xml" = { "attribute": true }))]
    pub version: Option<Value>,
}

/// Where one node of a cluster is sent back to.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ClusterRedirectUrl")]
pub struct RedirectBody {
    /// The node.
    #[serde(default)]
    pub cluster_node: String,
    /// The address.
    #[serde(default)]
    pub redirect_url: String,
}

/// A provider, by name or number.
#[derive(JsonSchema)]
#[schemars(rename = "Provider", untagged)]
#[expect(dead_code, reason = "only its shape is of use: the body takes a value apart itself, for a better sentence")]
enum ProviderBody {
    /// By name.
    Name(String),
    /// By number.
    Number(u8),
}

/// What a body asks for.
pub struct Asked {
    /// The identifier in it.
    pub id: Option<String>,
    /// Whether a new record gets that one.
    pub retain: bool,
    /// All the rest.
    pub wanted: Wanted,
}

/// Takes a body apart.
pub fn parse(body: ClientBody) -> Result<Asked, Failure> {
    let ClientBody {
        authorization_endpoint,
        client_id,
        client_secret,
        cluster_redirect_urls,
        description,
        name,
        opswise_groups,
        provider,
        retain_sys_ids,
        scopes,
        sys_id,
        tenant_id,
        token_endpoint,
        // Of what was exported: whoever puts it back may leave it in.
        export_release_level: _,
        export_table: _,
        version: _,
    } = body;
    let redirect = |RedirectBody { cluster_node, redirect_url }| NodeRedirect { node: cluster_node, url: redirect_url };
    let endpoints = [authorization_endpoint, token_endpoint].map(Option::unwrap_or_default);
    let connection = Connection {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        provider: provider_of(provider.unwrap_or_default(), said(tenant_id), endpoints)?,
        client_id: said(client_id),
        redirects: cluster_redirect_urls.unwrap_or_default().into_iter().map(redirect).collect(),
        scopes: scopes.unwrap_or_default(),
        groups: opswise_groups.unwrap_or_default(),
        secret_since: 0,
    };
    let secret = Secret::new(client_secret.unwrap_or_default());
    let id = said(sys_id).map(|id| id.to_ascii_lowercase());
    Ok(Asked { id, retain: retained(retain_sys_ids)?, wanted: Wanted { connection, secret } })
}

/// Whether an identifier is kept. As in XML, a text may say so too.
fn retained(given: Option<Value>) -> Result<bool, Failure> {
    match given {
        None => Ok(true),
        Some(Value::Bool(given)) => Ok(given),
        Some(Value::String(text)) if text == "true" => Ok(true),
        Some(Value::String(text)) if text == "false" => Ok(false),
        Some(_) => Err(Failure::invalid("/retainSysIds", "must be true or false")),
    }
}

/// A record. One that is asked for alone says that it may be put back under its identifier.
pub fn show(id: String, version: u64, connection: Connection, alone: bool) -> ClientBody {
    let Connection { name, description, provider, client_id, redirects, scopes, groups, secret_since: _ } = connection;
    let redirect = |NodeRedirect { node, url }| RedirectBody { cluster_node: node, redirect_url: url };
    ClientBody {
        authorization_endpoint: Some(provider.authorization_endpoint()),
        client_id,
        client_secret: None,
        cluster_redirect_urls: Some(redirects.into_iter().map(redirect).collect()),
        description: said(Some(description)),
        export_release_level: Some(RELEASE.to_owned()),
        export_table: Some(TABLE.to_owned()),
        name: Some(name),
        opswise_groups: Some(groups),
        provider: Some(word(&provider).into()),
        retain_sys_ids: alone.then(|| true.into()),
        scopes: Some(scopes),
        sys_id: Some(id),
        token_endpoint: Some(provider.token_endpoint()),
        tenant_id: directory(provider),
        version: Some(version.into()),
    }
}

fn word(provider: &Provider) -> &'static str {
    match provider {
        Provider::AzureAd { .. } => "Azure AD",
        Provider::Google => "Google",
        Provider::Other { .. } => "Other",
    }
}

fn directory(provider: Provider) -> Option<String> {
    match provider {
        Provider::AzureAd { tenant } => Some(tenant),
        Provider::Google | Provider::Other { .. } => None,
    }
}

/// A provider with what it needs of the other members. In XML a number is a text as well.
fn provider_of(given: Value, directory: Option<String>, endpoints: [String; 2]) -> Result<Provider, Failure> {
    let text = match given {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let [authorization_endpoint, token_endpoint] = endpoints;
    match (text.as_str(), directory) {
        ("Azure AD" | "1", tenant) => {
            Ok(Provider::AzureAd { tenant: tenant.unwrap_or_else(|| AZURE_TENANT.to_owned()) })
        }
        ("Google" | "2", _) => Ok(Provider::Google),
        ("Other" | "3", _) => Ok(Provider::Other { authorization_endpoint, token_endpoint }),
        _ => Err(Failure::invalid("/provider", "must be Azure AD (1), Google (2) or Other (3)")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::read;

    fn asked(body: Value) -> Result<Asked, Failure> {
        parse(read::from_value(body).map_err(|problem| Failure::Invalid(vec![problem]))?)
    }

    fn provider(body: Value) -> Result<Provider, Failure> {
        asked(body).map(|asked| asked.wanted.connection.provider)
    }

    #[test]
    fn a_provider_is_given_by_name_or_number() {
        for given in [json!("Google"), json!(2), json!("2")] {
            assert_eq!(provider(json!({ "provider": given })), Ok(Provider::Google), "{given}");
        }
        for given in [json!("google"), json!(0), json!(2.0), json!(null), json!(true), json!([2]), json!("")] {
            let refused = provider(json!({ "provider": given }));
            assert!(
                matches!(&refused, Err(Failure::Invalid(problems)) if problems[0].member == "/provider"),
                "{given}"
            );
        }
    }

    #[test]
    fn an_identifier_may_be_written_in_upper_case_and_be_kept_or_not() {
        for (given, kept) in [(json!(true), true), (json!("true"), true), (json!("false"), false), (json!(null), true)]
        {
            let body = json!({ "provider": 2, "sysId": "0A".repeat(16), "retainSysIds": given });
            let Asked { id, retain, .. } = asked(body).unwrap();
            assert_eq!((id, retain), (Some("0a".repeat(16)), kept), "{given}");
        }
        for given in [json!("yes"), json!(1), json!([])] {
            assert!(asked(json!({ "provider": 2, "retainSysIds": given })).is_err(), "{given}");
        }
    }

    #[test]
    fn a_directory_is_for_azure_only_and_has_a_default() {
        let azure = |tenant: &str| Ok(Provider::AzureAd { tenant: tenant.to_owned() });
        assert_eq!(provider(json!({ "provider": 1 })), azure("common"));
        assert_eq!(provider(json!({ "provider": 1, "tenantId": "contoso.com" })), azure("contoso.com"));
        assert_eq!(provider(json!({ "provider": 2, "tenantId": "" })), Ok(Provider::Google));
        assert_eq!(provider(json!({ "provider": 2, "tenantId": "common" })), Ok(Provider::Google));
    }

    #[test]
    fn the_members_are_answered_in_the_order_of_the_documents() {
        let Wanted { connection, .. } =
            asked(json!({ "provider": 1, "name": "a", "description": "b" })).unwrap().wanted;
        let shown = serde_json::to_value(show("0a".to_owned(), 3, connection, true)).unwrap();
        let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!((&shown["version"], &shown["exportReleaseLevel"]), (&json!(3), &json!(RELEASE)));
        assert_eq!(shown.get("clientSecret"), None);
        assert_eq!(RELEASE.split('.').count(), 4);
    }

    #[test]
    fn what_was_read_may_be_put_back_and_nothing_unknown() {
        let body = json!({ "provider": "Google", "version": 5, "exportTable": "x", "exportReleaseLevel": "7.3.0.0", "sysId": "" });
        let Asked { id, retain, .. } = asked(body).unwrap();
        assert_eq!((id, retain), (None, true));
        let refused = asked(json!({ "provider": "Google", "clientsecret": "x" })).err();
        assert!(matches!(refused, Some(Failure::Invalid(_))), "a misspelt member is not silently lost");
    }
}
