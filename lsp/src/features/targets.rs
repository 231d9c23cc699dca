//! Which targets the texts of a policy name, groups written out: by the trees alone, so that it is known of a policy with
//! mistakes too. What names no target that is declared adds nothing.

use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::source::Sources;
use wayleave_grammar::ast::{self, Field, Item, Node, Target, TargetPath, Targets};
use wayleave_grammar::{NodeOrToken, SyntaxNode};

/// The targets of a policy, and its lists of them.
pub struct Reach {
    /// `provider/model`, by place.
    all: Vec<String>,
    groups: BTreeMap<String, ast::TargetList>,
    approvals: Vec<Targets>,
}

impl Reach {
    /// Of all files.
    pub fn of(sources: &Sources) -> Reach {
        let mut reach = Reach { all: Vec::new(), groups: BTreeMap::new(), approvals: Vec::new() };
        for item in sources.files().iter().flat_map(|file| file.parse.root().items().collect::<Vec<_>>()) {
            match item {
                Item::Provider(provider) => reach.provider(&provider),
                Item::Group(group) => {
                    if let (Some(name), Some(list)) = (group.name(), group.targets()) {
                        reach.groups.entry(name.text()).or_insert(list);
                    }
                }
                Item::Approve(approve) => reach.approvals.extend(approve.targets()),
                _ => {}
            }
        }
        reach
    }

    fn provider(&mut self, provider: &ast::Provider) {
        let Some(owner) = provider.name() else { return };
        let models = provider.models().filter_map(|model| model.name());
        self.all.extend(models.map(|model| format!("{}/{}", owner.text(), model.text())));
    }

    /// Every target, by place.
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// The members of a group, each once, in the order written.
    pub fn group(&self, name: &str) -> Vec<String> {
        let mut found = Found::default();
        self.add_group(name, &mut found);
        found.names
    }

    /// What some `approve` covers for some request. One that is tried covers nothing.
    pub fn approved(&self) -> BTreeSet<String> {
        let mut found = Found::default();
        for targets in &self.approvals {
            targets.each().iter().for_each(|target| self.add(target, &mut found));
        }
        found.names.into_iter().collect()
    }

    fn add(&self, target: &Target, found: &mut Found) {
        match target {
            Target::Any(_) => found.names.extend(self.all.iter().cloned()),
            Target::Path(path) => found.names.extend(self.path(path)),
            Target::Group(group) => {
                if let Some(name) = group.name() {
                    self.add_group(&name.text(), found);
                }
            }
        }
    }

    fn add_group(&self, name: &str, found: &mut Found) {
        // Each group once: groups may name each other in a circle, which is told elsewhere.
        if !found.groups.insert(name.to_owned()) {
            return;
        }
        let Some(list) = self.groups.get(name) else { return };
        for target in list.targets() {
            self.add(&target, found);
        }
        let mut seen = BTreeSet::new();
        found.names.retain(|name| seen.insert(name.clone()));
    }

    /// The targets of `provider/model` or `provider/*`.
    fn path(&self, path: &TargetPath) -> Vec<String> {
        let Some(provider) = path.provider() else { return Vec::new() };
        let owner = format!("{}/", provider.text());
        let is_it = |name: &&String| match path.model() {
            Some(model) => name.strip_prefix(&owner) == Some(model.text().as_str()),
            None => path.is_all_models() && name.starts_with(&owner),
        };
        self.all.iter().filter(is_it).cloned().collect()
    }
}

/// What each target costs and where it is, as far as it is stated: `$2 in, $6 out per 1M tokens, eu`. By `provider/model`.
pub fn price_and_region(sources: &Sources) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for item in sources.files().iter().flat_map(|file| file.parse.root().items().collect::<Vec<_>>()) {
        let Item::Provider(provider) = item else { continue };
        let Some(owner) = provider.name() else { continue };
        for model in provider.models() {
            let Some(name) = model.name() else { continue };
            let region = value(model.fields(), "region").or_else(|| value(provider.fields(), "region"));
            let told: Vec<String> = value(model.fields(), "price").into_iter().chain(region).collect();
            found.entry(format!("{}/{}", owner.text(), name.text())).or_insert(told.join(", "));
        }
    }
    found
}

/// The value of a field, on one line.
fn value(mut fields: impl Iterator<Item = Field>, name: &str) -> Option<String> {
    let field = fields.find(|field| field.name().is_some_and(|own| own.text() == name))?;
    Some(one_line(field.value()?.syntax()))
}

/// The text of a node on one line, without comments.
pub(crate) fn one_line(node: &SyntaxNode) -> String {
    let (mut line, mut end) = (String::new(), None);
    let tokens = node.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    for token in tokens.filter(|token| !token.kind().is_trivia()) {
        if end.is_some_and(|end| end < token.text_range().start()) {
            line.push(' ');
        }
        line.push_str(token.text());
        end = Some(token.text_range().end());
    }
    line
}

/// What is found on the way through lists.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    groups: BTreeSet<String>,
}
