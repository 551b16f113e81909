//! Plugins: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::plugins,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/plugins",
        id: "listPlugins",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the plugins of the tenant and the components that come with the server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugins::PluginsBody>))],
        },
        run: |call| Box::pin(plugins::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/plugins",
        id: "uploadPlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Uploads a component as a version of its plugin: as the body with signatures in X-Portcullis-Signature, or as a form with the fields `component` and `signature`. Or takes it from elsewhere: as JSON `{\"source\": …, \"signatures\": […]}` with `oci://HOST/NAME:TAG`, `oci://HOST/NAME@sha256:DIGEST`, or `file:NAME.wasm` of the operator's folder. Nothing answers otherwise until the version is enabled; 200 when these bytes were there.",
            query: plugins::QUERY,
            body: Some((plugins::COMPONENT, shape::<String>)),
            answers: &[
                (StatusCode::CREATED, Some(shape::<plugins::PluginBody>)),
                (StatusCode::OK, Some(shape::<plugins::PluginBody>)),
            ],
        },
        run: |call| Box::pin(plugins::upload(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/plugins/{name}",
        id: "getPlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a plugin with its versions side by side, or a component that comes with the server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugins::PluginBody>))],
        },
        run: |call| Box::pin(plugins::get(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/plugins/{name}",
        id: "deletePlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a plugin that nothing uses.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(plugins::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/plugins/{name}/versions/{version}",
        id: "getPluginVersion",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets one version by its number or its digest.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugins::VersionBody>))],
        },
        run: |call| Box::pin(plugins::get_version(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/plugins/{name}/versions/{version}",
        id: "deletePluginVersion",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a version that nothing uses, by its number or its digest.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(plugins::delete_version(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/plugins/{name}/enable",
        id: "enablePlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lets a version answer for the plugin's bare name from the next decision on. It must take the configuration of everything that uses the name.",
            query: &[],
            body: Some((JSON, shape::<plugins::WhichBody>)),
            answers: &[(StatusCode::OK, Some(shape::<plugins::PluginBody>))],
        },
        run: |call| Box::pin(plugins::enable(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/plugins/{name}/disable",
        id: "disablePlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lets nothing answer for the plugin's bare name, which nothing may use then.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugins::PluginBody>))],
        },
        run: |call| Box::pin(plugins::disable(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/plugins/{name}/rollback",
        id: "rollBackPlugin",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lets the version answer again that answered before.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugins::PluginBody>))],
        },
        run: |call| Box::pin(plugins::roll_back(call)),
    },
];
