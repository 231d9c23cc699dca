//! `graph`: a policy as a picture.

use super::check::as_of;
use crate::args::{Drawn, Graph};
use crate::graph::picture::Picture;
use crate::graph::{dot, svg};
use crate::load;
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::replace::create;
use std::path::Path;
use wayleave_compiler::diagnostic::render::{Counts, printable, render_human};
use wayleave_compiler::model::RouteId;
use wayleave_compiler::{Options, Policy, Severity, check};

/// A picture of more boxes is a wall that nobody reads; one of as many is some 20 screens high.
const BOXES: usize = 1_000;

pub(super) fn run(arguments: &Graph, terminal: Terminal) -> Result<Exit, Failure> {
    let drawn = format(arguments.format, arguments.output.as_deref())?;
    let now = as_of(arguments.as_of.as_deref())?;
    let root = load::root_file(&arguments.policy.policy)?;
    let sources = load::sources(&root)?;
    let mut checked = check(&sources, &Options { as_of: now });
    let Some(policy) = checked.policy else {
        checked.diagnostics.retain(|told| told.severity == Severity::Error);
        note(&render_human(&checked.diagnostics, &sources, terminal.error_style()));
        let counts = Counts::of(&checked.diagnostics);
        return Err(Failure::new(format!("the policy `{}` has {counts}", root.display()))
            .mend("mend what is shown above"));
    };
    // A day begins where the policy's clock says.
    let now = arguments.as_of.as_deref().and_then(|text| policy.schema.zone.read(text)).unwrap_or(now);
    let only = arguments.route.as_deref().map(|name| route(&policy, name)).transpose()?;
    let picture = Picture::of(&policy, &sources, now, only);
    let boxes = picture.boxes();
    if boxes > BOXES {
        let failure = Failure::new(format!(
            "the picture would have {boxes} boxes, and past {BOXES} nobody finds anything in it"
        ));
        return Err(failure.mend("draw a part of it: `--route NAME`"));
    }
    let text = match drawn {
        Drawn::Svg => svg::write(&picture),
        Drawn::Dot => dot::write(&picture),
    };
    match arguments.output.as_deref().filter(|path| path.as_os_str() != "-") {
        None => print(&text)?,
        Some(path) => create(path, text.as_bytes())
            .map_err(|error| Failure::io(format!("`{}` cannot be written", path.display()), &error))?,
    }
    Ok(Exit::Yes)
}

/// The format that was asked for, or else the one that a file is named for.
fn format(asked: Option<Drawn>, output: Option<&Path>) -> Result<Drawn, Failure> {
    let Some(path) = output.filter(|path| path.as_os_str() != "-") else {
        return Ok(asked.unwrap_or(Drawn::Svg));
    };
    let shown = path.display();
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let named = match ending.to_str() {
        Some("svg") => Some(Drawn::Svg),
        Some("dot" | "gv") => Some(Drawn::Dot),
        Some("route") => {
            return Err(Failure::new(format!("`{shown}` is named as a policy's source is"))
                .mend("give the picture another name, such as `policy.svg`"));
        }
        _ => None,
    };
    match (asked, named) {
        (Some(asked), Some(named)) if asked != named => {
            Err(Failure::new(format!("`{shown}` is named for another format than `--format` asks for"))
                .mend("leave `--format` out, or give the file another ending"))
        }
        (Some(drawn), _) | (None, Some(drawn)) => Ok(drawn),
        (None, None) => Err(Failure::new(format!("the name `{shown}` tells no format"))
            .mend("end it with `.svg` or `.dot`, or say `--format svg`")),
    }
}

/// The route of that name.
fn route(policy: &Policy, name: &str) -> Result<RouteId, Failure> {
    let found = policy.routes.iter().zip(0..).find(|(route, _)| route.name == name);
    found.map(|(_, id)| RouteId(id)).ok_or_else(|| {
        let known: Vec<String> = policy.routes.iter().map(|route| printable(&route.name)).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Failure::new(format!("there is no route `{}`", printable(name)))
            .mend(format!("the routes are: {known}"))
    })
}
