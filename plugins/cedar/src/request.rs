//! A request as Cedar has it: who does what with what, out of AuthZEN's subject, action and resource.
//!
//! Properties become attributes. What the conf says of an entity counts more: a request cannot overwrite it, and parents
//! come from the conf only.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema,
};
use portcullis_sdk::{Input, Json, Outcome};
use serde_json::{Value, json};

use crate::shape::Shapes;
use crate::value;

/// The members of the input document that policies find in `context`.
const CONTEXT: [&str; 5] = ["authn_ctx", "contexts", "request", "context", "now"];

/// What requests are held against.
pub(crate) struct Typed {
    pub(crate) schema: Schema,
    pub(crate) shapes: Shapes,
}

/// Makes requests for the policies of one conf.
pub(crate) struct Requests {
    /// Put before names of types that have none.
    pub(crate) namespace: Option<String>,
    /// What is known of entities beforehand.
    pub(crate) entities: Entities,
    pub(crate) typed: Option<Typed>,
}

impl Requests {
    /// The request and the entities it is about, or why there are none.
    pub(crate) fn of(&self, input: &Input<'_>) -> Result<(Request, Entities), Outcome> {
        let (subject, resource) = (input.get("subject"), input.get("resource"));
        let principal = self.uid("subject", subject)?;
        let action = self.action(input)?;
        let object = self.uid("resource", resource)?;
        let entities = self.with([(&principal, subject), (&object, resource)])?;
        let context = self.context(&action, input)?;
        let schema = self.typed.as_ref().map(|typed| &typed.schema);
        let request = Request::new(principal, action, object, context, schema);
        request.map(|request| (request, entities)).map_err(|_| invalid())
    }

    fn action(&self, input: &Input<'_>) -> Result<EntityUid, Outcome> {
        let Some(name) = input.get("action.name").and_then(Json::as_str) else {
            return Err(missing("action with a name"));
        };
        self.named("action", "Action", name)
    }

    fn uid(&self, member: &str, entity: Option<&Json<'_>>) -> Result<EntityUid, Outcome> {
        let text = |name: &str| entity.and_then(|entity| entity.member(name)).and_then(Json::as_str);
        match (text("type"), text("id")) {
            (Some(kind), Some(id)) => self.named(member, kind, id),
            _ => Err(missing(&format!("{member} with a type and an id"))),
        }
    }

    fn named(&self, member: &str, kind: &str, id: &str) -> Result<EntityUid, Outcome> {
        let name = match &self.namespace {
            Some(namespace) if !kind.contains("::") => EntityTypeName::from_str(&format!("{namespace}::{kind}")),
            _ => EntityTypeName::from_str(kind),
        };
        let message = || format!("the type of the {member} is no name of a type in Cedar");
        let name = name.map_err(|_| Outcome::deny("invalid_request", message()))?;
        Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
    }

    /// The entities with what the request says of two of them. They may be the same one.
    fn with(&self, said: [(&EntityUid, Option<&Json<'_>>); 2]) -> Result<Entities, Outcome> {
        let no_properties = Json::Object(Vec::new());
        let mut brought: Vec<Entity> = Vec::new();
        for (uid, entity) in said {
            let properties = entity.and_then(|entity| entity.member("properties")).unwrap_or(&no_properties);
            let earlier = brought.iter().position(|entity| entity.uid() == *uid).map(|place| brought.remove(place));
            let known = earlier.or_else(|| self.entities.get(uid).cloned());
            brought.push(match &self.typed {
                Some(typed) => declared(typed, uid, known, properties)?,
                None => plain(uid, known, properties)?,
            });
        }
        // To put entities among others costs time for every one that is there.
        if brought.iter().all(|entity| self.entities.get(&entity.uid()) == Some(entity)) {
            return Ok(self.entities.clone());
        }
        let schema = self.typed.as_ref().map(|typed| &typed.schema);
        self.entities.clone().upsert_entities(brought, schema).map_err(|_| invalid())
    }

    fn context(&self, action: &EntityUid, input: &Input<'_>) -> Result<Context, Outcome> {
        let Some(typed) = &self.typed else {
            let member = |name: &str| Some((name.to_owned(), value::of(input.get(name)?)?));
            return Context::from_pairs(CONTEXT.into_iter().filter_map(member)).map_err(|_| invalid());
        };
        let kind = action.type_name().to_string();
        let declared = typed.shapes.context(&kind, action.id().unescaped());
        let context = declared.map(|shape| shape.members(input.document())).unwrap_or_default();
        let context = Context::from_json_value(Value::Object(context), Some((&typed.schema, action)));
        context.map_err(|_| invalid())
    }
}

/// An entity with the attributes that its type declares.
fn declared(typed: &Typed, uid: &EntityUid, known: Option<Entity>, properties: &Json<'_>) -> Result<Entity, Outcome> {
    let kind = uid.type_name().to_string();
    let mut attributes = typed.shapes.entity(&kind).map(|shape| shape.members(properties)).unwrap_or_default();
    let known = known.map(|entity| entity.to_json_value()).transpose().map_err(|_| invalid())?;
    let mut entity =
        known.unwrap_or_else(|| json!({ "uid": { "type": kind, "id": uid.id().unescaped() }, "parents": [] }));
    if let Some(Value::Object(own)) = entity.get_mut("attrs").map(Value::take) {
        attributes.extend(own);
    }
    if let Value::Object(members) = &mut entity {
        members.insert("attrs".to_owned(), Value::Object(attributes));
    }
    Entity::from_json_value(entity, Some(&typed.schema)).map_err(|_| invalid())
}

/// An entity with whatever attributes it comes with.
fn plain(uid: &EntityUid, known: Option<Entity>, properties: &Json<'_>) -> Result<Entity, Outcome> {
    let mut attributes: HashMap<_, _> = value::members(properties).into_iter().collect();
    let (mut parents, mut tags) = (HashSet::new(), HashMap::new());
    if let Some(known) = known {
        tags = tags_of(&known)?;
        let (_, own, own_parents) = known.into_inner();
        attributes.extend(own);
        parents = own_parents;
    }
    Entity::new_with_tags(uid.clone(), attributes, parents, tags).map_err(|_| invalid())
}

/// The tags of an entity. The crate hands out attributes only, so they are read as such.
fn tags_of(entity: &Entity) -> Result<HashMap<String, RestrictedExpression>, Outcome> {
    let mut json = entity.to_json_value().map_err(|_| invalid())?;
    let Some(tags) = json.get_mut("tags").map(Value::take) else {
        return Ok(HashMap::new());
    };
    let uid = json.get_mut("uid").map(Value::take);
    let only = Entity::from_json_value(json!({ "uid": uid, "attrs": tags, "parents": [] }), None);
    only.map(|only| only.into_inner().1).map_err(|_| invalid())
}

fn missing(what: &str) -> Outcome {
    Outcome::deny("missing", format!("the input has no {what}"))
}

/// The words of an error could repeat what was sent, so they are not passed on.
fn invalid() -> Outcome {
    Outcome::deny("invalid_request", "the request is none that the policy's schema or Cedar knows")
}
