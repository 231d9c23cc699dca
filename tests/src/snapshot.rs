//! Snapshots that stand beside the file they belong to: `x.route` and `x.route.snap`.

use std::path::Path;

/// Compares `shown` with the snapshot beside `path`.
///
/// # Panics
/// When they differ, or there is none.
pub fn beside(path: &Path, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().expect("a file is in a folder"));
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.set_omit_expression(true);
    settings.remove_input_file();
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
