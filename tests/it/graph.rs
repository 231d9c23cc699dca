//! What `graph` draws: the same bytes for the same policy, well-formed, with every route and every target, whatever the policy
//! is called and says.

use super::cli::binary;
use std::path::{Path, PathBuf};
use std::process::Command;
use wayleave_compiler::{Options, Sources, check};
use wayleave_program::value::DEFAULT_NOW;

/// The day of every picture here.
const AS_OF: &str = "2026-12-01";

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::canonicalize(root).expect("the project is there")
}

/// A picture, drawn in `folder`, where names are relative to.
fn drawn(folder: &Path, policy: &str, format: &str) -> String {
    let output = Command::new(binary())
        .args(["graph", policy, "--as-of", AS_OF, "--format", format])
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{policy}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a picture is UTF-8")
}

fn files_of(folder: &str) -> Vec<String> {
    let listed = std::fs::read_dir(root().join(folder)).expect("the folder is there");
    let mut files: Vec<String> = listed
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".route"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    files
}

/// Compares with a file that is kept; `WAYLEAVE_UPDATE=1` writes it.
fn kept(path: &Path, text: &str) {
    if std::env::var_os("WAYLEAVE_UPDATE").is_some() {
        std::fs::write(path, text).expect("the picture can be written");
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    assert!(before == text, "{} is another picture: WAYLEAVE_UPDATE=1 writes it", path.display());
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A number of a tag: `x="24"`.
fn number(tag: &str, name: &str) -> i32 {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).expect("the tag has that number");
    rest.split('"').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// The boxes that stand in the channel in which curves run, to the height of the legend.
fn crossed(picture: &str) -> Vec<&str> {
    let (_, last) = picture.rsplit_once("</g>").expect("there are boxes");
    let drawn = &picture[..picture.len() - last.len()];
    let mut channels: Vec<(i32, i32)> = Vec::new();
    for path in drawn.split("d=\"M").skip(1).filter_map(|rest| rest.split('"').next()) {
        if let Some((straight, curve)) = path.split_once('C') {
            let begin = straight.rsplit('H').next().and_then(|begin| begin.parse().ok());
            let end = curve.split('H').next().and_then(|curve| curve.split(' ').nth(4)?.parse().ok());
            channels.extend(begin.zip(end));
        }
    }
    let boxes = drawn.split('<').filter(|tag| tag.starts_with("rect ") && !tag.contains("paper"));
    let is_crossed = |tag: &&str| {
        let (left, right) = (number(tag, "x"), number(tag, "x") + number(tag, "width"));
        channels.iter().any(|(begin, end)| left < *end && right > *begin)
    };
    boxes.filter(is_crossed).collect()
}

/// What a text holds of the policy's routes and targets.
fn holds_all(sources: &Sources, picture: &str, name: &str) -> bool {
    let Some(policy) = check(sources, &Options { as_of: DEFAULT_NOW }).policy else { return false };
    for route in &policy.routes {
        // The name may be broken over two lines; it stands whole where one points.
        let words = escaped(&sources.one_line(route.head));
        assert!(picture.contains(&words), "{name}: the route `{}` is not there", route.name);
    }
    for target in &policy.catalogue.targets {
        let words = format!("model {}</title>", escaped(&target.name));
        assert!(picture.contains(&words), "{name}: the target `{}` is not there", target.name);
    }
    true
}

#[test]
fn pictures_are_as_they_are_kept() {
    let policies = files_of("tests/suite/graph");
    assert!(policies.len() >= 2, "there are policies to draw");
    for policy in policies {
        for format in ["svg", "dot"] {
            let picture = drawn(&root(), &policy, format);
            assert_eq!(picture, drawn(&root(), &policy, format), "{policy} is drawn the same twice");
            kept(&root().join(&policy).with_extension(format), &picture);
        }
    }
}

/// The page shows the policy that `init` writes, as the command draws it.
#[test]
fn the_picture_of_the_book_is_what_is_drawn() {
    let folder = std::env::temp_dir().join(format!("wayleave-it-{}-picture", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("my-policy")).expect("the folder can be made");
    let first = root().join("examples/first-policy/main.route");
    std::fs::copy(first, folder.join("my-policy/main.route")).expect("it can be copied");
    let picture = drawn(&folder, "my-policy", "svg");
    let _ = std::fs::remove_dir_all(&folder);
    kept(&root().join("docs/graph.svg"), &picture);
}

/// Python's parser is the judge of what is XML.
#[test]
fn every_policy_is_drawn_whole_and_well_formed() {
    let mut policies: Vec<String> =
        ["acme", "first-policy", "observe-first"].map(|name| format!("examples/{name}/main.route")).into();
    for folder in ["tests/suite/graph", "tests/suite/decide", "tests/suite/unenforced"] {
        policies.extend(files_of(folder));
    }
    let folder = std::env::temp_dir().join(format!("wayleave-it-{}-pictures", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let mut count = 0;
    for policy in policies {
        let path = root().join(&policy);
        let own = path.parent().expect("a file has a folder");
        let mut read =
            |name: &str| std::fs::read_to_string(own.join(name)).map_err(|error| error.to_string());
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let sources = Sources::gather(&name, &mut read).expect("the policy can be read");
        if check(&sources, &Options { as_of: DEFAULT_NOW }).policy.is_none() {
            continue;
        }
        let picture = drawn(own, &name, "svg");
        assert!(holds_all(&sources, &picture, &policy), "{policy} is sound");
        assert_eq!(crossed(&picture), [] as [&str; 0], "{policy}: a line crosses a box");
        std::fs::write(folder.join(format!("{count}.svg")), picture).expect("the picture can be written");
        count += 1;
    }
    assert!(count >= 50, "there are pictures: {count}");
    let judge = "import glob, sys, xml.dom.minidom as dom\n\
                 for path in glob.glob(sys.argv[1] + '/*.svg'): dom.parse(path)";
    let judged = Command::new("python3").args(["-c", judge]).arg(&folder).output().expect("python3 runs");
    let _ = std::fs::remove_dir_all(&folder);
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
}
