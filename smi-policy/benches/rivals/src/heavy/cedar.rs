//! Cedar: a target is a policy, its sources are members of a group, and each destination has a
//! policy set, because Cedar evaluates all policies of a set.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression,
};

use super::{Limit, Rival};
use crate::workload::{Question, Target, Workload};

pub struct Cedar {
    authorizer: Authorizer,
    by_destination: Vec<PolicySet>,
    entities: Entities,
    sources: Vec<EntityUid>,
    destinations: Vec<EntityUid>,
    methods: HashMap<&'static str, EntityUid>,
}

impl Rival for Cedar {
    fn build(workload: &Workload, limit: &Limit) -> Option<Self> {
        let mut texts = vec![String::new(); workload.destinations.len()];
        let mut groups = vec![HashSet::new(); workload.sources.len()];
        for target in &workload.targets {
            write_policy(&mut texts[target.destination], target);
            for source in &target.sources {
                groups[*source].insert(uid("Target", &target.number.to_string()));
            }
        }
        let mut by_destination = Vec::new();
        for text in texts {
            limit.check()?;
            by_destination.push(text.parse().expect("a policy set"));
        }
        let sources = workload.sources.iter().map(|source| uid("Client", &source.to_string()));
        let sources: Vec<EntityUid> = sources.collect();
        let clients = sources.iter().zip(groups);
        let clients = clients.map(|(uid, groups)| Entity::new_no_attrs(uid.clone(), groups));
        let entities = Entities::from_entities(clients, None).expect("entities");
        let destinations = workload.destinations.iter();
        let methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
        Some(Self {
            authorizer: Authorizer::new(),
            by_destination,
            entities,
            sources,
            destinations: destinations.map(|name| uid("Server", &name.to_string())).collect(),
            methods: methods.into_iter().map(|method| (method, uid("Action", method))).collect(),
        })
    }

    fn ask(&self, question: &Question) -> bool {
        let path = RestrictedExpression::new_string(question.path.clone());
        let context = Context::from_pairs([("path".to_owned(), path)]).expect("a context");
        let request = Request::new(
            self.sources[question.source].clone(),
            self.methods[question.method].clone(),
            self.destinations[question.destination].clone(),
            context,
            None,
        );
        let request = request.expect("a request");
        let policies = &self.by_destination[question.destination];
        let response = self.authorizer.is_authorized(&request, policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("a type");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn write_policy(text: &mut String, target: &Target) {
    let conditions = target.matches.iter().map(|(path, method)| {
        format!("action == Action::\"{method}\" && context.path like \"{}\"", wildcards(path))
    });
    let conditions: Vec<String> = conditions.collect();
    writeln!(
        text,
        "permit(principal in Target::\"{}\", action, resource) when {{ {} }};",
        target.number,
        conditions.join(" || ")
    )
    .expect("a string takes all");
}

/// The nearest that Cedar's `like` can say: an asterisk where the pattern repeats or chooses.
///
/// It admits more than the pattern does; the workload asks for nothing in between.
fn wildcards(pattern: &str) -> String {
    let constructs = ["[0-9]+", "[^/]+", "[a-f0-9-]{8}", "(csv|xml)", ".*"];
    let like = constructs.iter().fold(pattern.to_owned(), |like, from| like.replace(from, "*"));
    let like = like.replace("\\.", ".");
    let like = like.strip_suffix('$').map_or_else(|| format!("{like}*"), str::to_owned);
    assert!(!like.contains(['[', '(', '{', '+', '|', '\\', '$']), "no wildcards for {pattern}");
    like
}
