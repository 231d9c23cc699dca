//! `keys`: issues, lists and revokes what callers present. A key's text is printed once, alone on standard output, so
//! that it can be piped to where it belongs.

use crate::args::{Format, KeysAdd, KeysList, KeysRevoke, KeysVerb};
use crate::environment;
use crate::output::{Exit, Failure, columns, moment, note, print, visible_json};
use crate::storage::{Purpose, Storage};
use std::collections::BTreeMap;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_runtime::keys::{Identity, StoredKey};
use wayleave_runtime::store::Error;

pub(super) fn run(verb: KeysVerb) -> Result<Exit, Failure> {
    match verb {
        KeysVerb::Add(add) => issue(add),
        KeysVerb::List(list) => show(&list),
        KeysVerb::Revoke(revoke) => withdraw(&revoke),
    }
}

fn issue(add: KeysAdd) -> Result<Exit, Failure> {
    if add.id.trim().is_empty() {
        return Err(
            Failure::new("a key belongs to somebody: the id is empty").mend("name its holder: --id alice")
        );
    }
    let identity = Identity {
        fields: fields(&add.fields)?,
        caller_id: add.id,
        team: add.team,
        app: add.app,
        groups: add.groups,
        key_id: String::new(),
    };
    let storage = Storage::open(&add.store, Purpose::Make)?;
    let added = storage.runtime.block_on(storage.store.add_key(identity.clone(), environment::now_ms()));
    let key = added.map_err(|error| storage.failure(&error))?;
    match add.format {
        Format::Human => {
            let holder = printable(&identity.caller_id);
            note(&format!("key {} of `{holder}`: shown this once, only its hash is kept\n", key.id));
            print(&format!("{}\n", key.text))?;
        }
        Format::Json => {
            let holder = Identity { key_id: key.id.clone(), ..identity };
            let json = serde_json::json!({"key": key.text, "hint": key.hint, "identity": holder});
            print(&visible_json(&format!("{json:#}\n")))?;
        }
    }
    storage.close()?;
    Ok(Exit::Yes)
}

/// `NAME=VALUE`, each name once.
fn fields(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut fields = BTreeMap::new();
    for field in given {
        let (name, value) = field.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Failure::new(format!("`{field}` is not a field"))
                .mend("write NAME=VALUE: --field data_class=internal")
        })?;
        if fields.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::new(format!("the field `{name}` is given twice")).mend("keep one"));
        }
    }
    Ok(fields)
}

fn list(storage: &Storage) -> Result<Vec<StoredKey>, Failure> {
    storage.runtime.block_on(storage.store.list_keys()).map_err(|error| storage.failure(&error))
}

fn show(arguments: &KeysList) -> Result<Exit, Failure> {
    let storage = Storage::open(&arguments.store, Purpose::Read)?;
    let keys = list(&storage)?;
    match arguments.format {
        Format::Json => {
            let json = serde_json::to_value(&keys)
                .map_err(|error| Failure::because("the keys cannot be written", &error))?;
            print(&visible_json(&format!("{json:#}\n")))?;
        }
        Format::Human if keys.is_empty() => {
            print(&format!("no keys in {}\n", storage.path.display()))?;
            note("  help: issue one: wayleave keys add --id alice\n");
        }
        Format::Human => print(&table(&keys))?,
    }
    storage.close()?;
    Ok(Exit::Yes)
}

fn table(keys: &[StoredKey]) -> String {
    let head = ["key", "hint", "id", "team", "app", "groups", "fields", "made", "state"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(keys.iter().map(|key| {
        let identity = &key.identity;
        let or_dash = |text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map_or_else(|| "-".to_owned(), printable)
        };
        let fields: Vec<String> =
            identity.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![
            identity.key_id.clone(),
            key.hint.clone(),
            printable(&identity.caller_id),
            or_dash(identity.team.as_deref()),
            or_dash(identity.app.as_deref()),
            or_dash(Some(&identity.groups.join(","))),
            or_dash(Some(&fields.join(","))),
            moment(key.created_ms),
            key.revoked_ms.map_or_else(|| "valid".to_owned(), |at| format!("revoked {}", moment(at))),
        ]
    }));
    columns(&rows)
}

fn withdraw(revoke: &KeysRevoke) -> Result<Exit, Failure> {
    let storage = Storage::open(&revoke.store, Purpose::Change)?;
    let revoked = storage.runtime.block_on(storage.store.revoke_key(&revoke.id, environment::now_ms()));
    match revoked {
        Ok(()) => print(&format!(
            "key {} is revoked; a running gateway refuses it within a second or two\n",
            revoke.id
        ))?,
        Err(Error::NoSuchKey(_)) => return Err(unknown(revoke, &list(&storage)?)),
        Err(error) => return Err(storage.failure(&error)),
    }
    storage.close()?;
    Ok(Exit::Yes)
}

/// Somebody named the holder, a key that is revoked already, or nothing at all.
fn unknown(revoke: &KeysRevoke, keys: &[StoredKey]) -> Failure {
    let id = printable(&revoke.id);
    if let Some(key) = keys.iter().find(|key| key.identity.key_id == revoke.id) {
        let at = key.revoked_ms.map(moment).unwrap_or_default();
        return Failure::new(format!("the key {id} was revoked already, {at}"));
    }
    let held: Vec<&str> = keys
        .iter()
        .filter(|key| key.identity.caller_id == revoke.id && key.revoked_ms.is_none())
        .map(|key| key.identity.key_id.as_str())
        .collect();
    match held.as_slice() {
        [] => Failure::new(format!("there is no key `{id}`")).mend("`wayleave keys list` shows all"),
        held => Failure::new(format!("`{id}` is a caller, not a key"))
            .mend(format!("its valid keys: {}", held.join(", "))),
    }
}
