//! What an authorization request asks for, once it is understood: kept with a login until the answer is made.
//!
//! Filled by `checks`, asked by `flow` and `answer`. Knows the words of the parameters and no rule.

use serde::{Deserialize, Serialize};

use crate::domain::{details::Detail, elsewhere::Elsewhere, in_force::policies::Reach};

/// An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// True when no client asks: the person wants to see the pages of their own account. Of the rest only the
    /// `redirect_uri` says something then.
    pub account: bool,
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes: one of the client's own, exactly; or the page of the account.
    pub redirect_uri: String,
    /// Whether the request named it, so that the token request must as well.
    pub redirect_named: bool,
    /// What is asked for.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// Whether it does so as one signed token (JARM).
    pub signed_answer: bool,
    /// The scopes asked for that the client may have.
    pub scopes: Vec<String>,
    /// The resources that its tokens are to be for (RFC 8707); none in particular when empty.
    pub resources: Vec<String>,
    /// The authorization details asked for (RFC 9396).
    pub details: Vec<Detail>,
    /// Handed back as it is.
    pub state: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// The S256 code challenge.
    pub challenge: Option<String>,
    /// The thumbprint of the key that the code is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// What the person must, or must not, be asked.
    pub prompt: Prompt,
    /// The oldest login that is good enough, in seconds.
    pub max_age: Option<i64>,
    /// Who the client thinks it is.
    pub login_hint: Option<String>,
    /// The subject of the `id_token_hint`, which must be who logs in: as the client knows them.
    pub expected_subject: Option<String>,
    /// The context classes asked for, the best first.
    pub acr_values: Vec<String>,
    /// The context classes of which one is essential (OpenID Connect Core §5.5.1.1); any will do when empty.
    pub required_acr: Vec<String>,
    /// The `claims` parameter, as JSON text.
    pub claims: Option<String>,
    /// The languages the person prefers.
    pub ui_locales: Vec<String>,
    /// The request of a client elsewhere that the answer is for. Then the `redirect_uri` is a page of our own.
    pub elsewhere: Option<Elsewhere>,
}

impl AuthorizationRequest {
    /// What it asks for besides scopes.
    pub(in crate::domain) fn reach(&self) -> Reach<'_> {
        Reach { resources: &self.resources, details: &self.details }
    }
}

/// What is asked for (OAuth 2.0 Multiple Response Types).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An access token.
    pub token: bool,
    /// An ID token.
    pub id_token: bool,
}

impl ResponseType {
    /// What the words of a `response_type` stand for, those that are known.
    pub(super) fn of_words(text: &str) -> ResponseType {
        let has = |word: &str| text.split(' ').any(|one| one == word);
        ResponseType { code: has("code"), token: has("token"), id_token: has("id_token") }
    }

    /// The words of it, in the order of the registry.
    pub(super) fn words(self) -> Vec<&'static str> {
        let all = [("code", self.code), ("id_token", self.id_token), ("token", self.token)];
        all.into_iter().filter(|(_, asked)| *asked).map(|(word, _)| word).collect()
    }

    /// Whether the answer itself has tokens, which must not stand in a query (OAuth 2.0 Multiple Response Types §3).
    pub(super) fn has_tokens(self) -> bool {
        self.token || self.id_token
    }
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// In the body of a request that the browser makes by itself.
    FormPost,
}

impl ResponseMode {
    /// The mode of a `response_mode`, and whether the answer is one signed token (JARM §2.3).
    pub(super) fn of_word(word: &str, response_type: ResponseType) -> Option<(ResponseMode, bool)> {
        match word {
            "query" => Some((ResponseMode::Query, false)),
            "fragment" => Some((ResponseMode::Fragment, false)),
            "form_post" => Some((ResponseMode::FormPost, false)),
            "jwt" => Some((ResponseMode::usual(response_type), true)),
            "query.jwt" => Some((ResponseMode::Query, true)),
            "fragment.jwt" => Some((ResponseMode::Fragment, true)),
            "form_post.jwt" => Some((ResponseMode::FormPost, true)),
            _ => None,
        }
    }

    /// How an answer travels that is asked for without a mode.
    pub(super) fn usual(response_type: ResponseType) -> ResponseMode {
        if response_type.has_tokens() { ResponseMode::Fragment } else { ResponseMode::Query }
    }

    /// Whether an answer to this may travel so.
    pub(super) fn carries(self, response_type: ResponseType) -> bool {
        self != ResponseMode::Query || !response_type.has_tokens()
    }
}

/// What the person must, or must not, be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing at all.
    pub none: bool,
    /// To log in again.
    pub login: bool,
    /// To consent again.
    pub consent: bool,
    /// Which account.
    pub select_account: bool,
}

impl Prompt {
    /// The prompt of a list of words, or the word that is not known.
    pub(super) fn of_words(text: &str) -> Result<Prompt, &str> {
        let mut prompt = Prompt::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                other => return Err(other),
            }
        }
        Ok(prompt)
    }

    /// Whether it asks for nothing at all, and for something as well.
    pub(super) fn contradicts_itself(self) -> bool {
        self.none && (self.login || self.consent || self.select_account)
    }
}
